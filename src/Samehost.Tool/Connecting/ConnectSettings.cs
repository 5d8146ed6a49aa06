using Samehost.Tool.Arguments;

namespace Samehost.Tool.Connecting;

/// <summary>What the user of <c>samehost connect</c> asked for.</summary>
internal sealed record ConnectSettings(ToolAddress Address)
{
    public SocketKind Kind { get; init; } = SocketKind.Stream;

    /// <summary>How long to wait for a server to be there; null where it was not given.</summary>
    public TimeSpan? Wait { get; init; }

    public PeerPolicy? RequireServer { get; init; }

    /// <summary>Of datagrams: our own address, to be answered at.</summary>
    public UnixEndPoint? Bind { get; init; }

    public bool IsHex { get; init; }

    public bool HalfCloses { get; init; } = true;

    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Of datagrams: how long to wait for answers after the end of the input.</summary>
    public TimeSpan Linger { get; init; }
}
