namespace Samehost;

/// <summary>How to bind a datagram socket.</summary>
public sealed class UnixDatagramOptions
{
    internal static UnixDatagramOptions Default { get; } = new();

    /// <summary>Mode, group and stale files, for an address that is a path.</summary>
    public SocketFileOptions SocketFile { get; init; } = new();
}
