namespace Samehost;

/// <summary>How to listen.</summary>
public sealed class UnixListenerOptions
{
    internal static UnixListenerOptions Default { get; } = new();

    /// <summary>How many connections may wait to be accepted; the kernel cuts it to net.core.somaxconn (listen(2)). 4,096 by
    /// default.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Mode, group and stale files, for an address that is a path.</summary>
    public SocketFileOptions SocketFile { get; init; } = new();
}
