using Samehost.Tool.Arguments;
using Samehost.Tool.Connecting;

namespace Samehost.Tool.Relays;

/// <summary>What to relay, and for whom.</summary>
internal sealed record RelayOptions(ToolAddress From, ToolAddress To)
{
    public SocketKind Kind { get; init; } = SocketKind.Stream;

    /// <summary>Which local clients are served.</summary>
    public PeerPolicy? Allow { get; init; }

    /// <summary>What the local server has to be.</summary>
    public PeerPolicy? RequireServer { get; init; }

    public SocketFileOptions SocketFile { get; init; } = new();

    /// <summary>The user asked for permissions or a group.</summary>
    public bool HasFileOptions { get; init; }

    /// <summary>How long to wait for a server that is not there; null where it was not given.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Descriptors are passed on where both sides are local; otherwise they are refused and bytes are spliced.</summary>
    public bool PassesDescriptors { get; init; } = true;

    public int MaxConnections { get; init; } = 4096;

    /// <summary>End after the first connection.</summary>
    public bool Once { get; init; }

    public UnixListenerOptions Listening => new()
    {
        SocketFile = SocketFile,
        PeerPolicy = Allow,
        AcceptDescriptors = PassesDescriptors && To.Kind != ToolAddressKinds.Tcp,
    };

    public UnixConnectOptions Connecting =>
        Patience.ConnectOptions(Wait, RequireServer, PassesDescriptors && From.Kind != ToolAddressKinds.Tcp);
}
