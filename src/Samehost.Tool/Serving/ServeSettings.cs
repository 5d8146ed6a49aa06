using Samehost.Tool.Arguments;

namespace Samehost.Tool.Serving;

/// <summary>What the user of <c>samehost serve</c> asked for.</summary>
internal sealed record ServeSettings
{
    /// <summary>Null for what a service manager passes.</summary>
    public ToolAddress? Address { get; init; }

    /// <summary>Null where it was not given: stream, or whatever a service manager passes.</summary>
    public SocketKind? Kind { get; init; }

    public bool Echoes { get; init; }

    /// <summary>The program that serves each connection; null for none.</summary>
    public string[]? Command { get; init; }

    /// <summary>Whether to go on after the first client, where standard input and output are served.</summary>
    public bool Keeps { get; init; }

    public bool IsHex { get; init; }

    /// <summary>Null where it was not given.</summary>
    public PeerPolicy? Allow { get; init; }

    public PeerPolicy Allowed => Allow ?? PeerPolicy.SelfAndRoot;

    public UnixFileMode? Mode { get; init; }

    public string? Group { get; init; }

    public int? MaxConnections { get; init; }

    public int? MaxConnectionsPerUser { get; init; }

    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long a connection may last.</summary>
    public TimeSpan? TimeLimit { get; init; }

    public TimeSpan Drain { get; init; }

    public bool TakesOver { get; init; }

    public bool IsQuiet { get; init; }

    public bool IsVerbose { get; init; }

    /// <summary>True for one client on standard input and output, after which the command ends.</summary>
    public bool IsForOne => !Echoes && Command is null && !Keeps;

    public UnixListenerOptions ListenerOptions()
    {
        var file = new SocketFileOptions { Group = Group };
        if (Mode is { } mode)
            file.Mode = mode;
        return new UnixListenerOptions { PeerPolicy = Allowed, SocketFile = file };
    }

    /// <summary>
    /// Datagrams that came before a passed socket was taken carry no credentials, so where the file's mode decides, nothing else does
    /// unless the user said so.
    /// </summary>
    public UnixDatagramOptions DatagramOptions(UnixEndPoint? address) => new()
    {
        PeerPolicy = address?.Kind == UnixEndPointKind.Pathname ? Allow : Allowed,
        SocketFile = ListenerOptions().SocketFile,
    };

    public UnixServerOptions ServerOptions(UnixServerEvents events)
    {
        var usual = new UnixServerOptions();
        return new UnixServerOptions
        {
            MaxConnections = IsForOne ? 1 : MaxConnections ?? usual.MaxConnections,
            MaxConnectionsPerUser = MaxConnectionsPerUser ?? usual.MaxConnectionsPerUser,
            DrainTimeout = Timeout.InfiniteTimeSpan, // after a handover; at a signal it is what the user said
            Events = events,
        };
    }
}
