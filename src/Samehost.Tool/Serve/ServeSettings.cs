using Samehost.Tool.Cli;

namespace Samehost.Tool.Serve;

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

/// <summary>What cannot be meant together.</summary>
internal static class ServeRules
{
    /// <summary>The first problem as a sentence, or null.</summary>
    public static string? ProblemWith(ServeSettings settings)
    {
        UnixEndPoint? local = settings.Address?.Local;
        bool hasFile = local?.Kind == UnixEndPointKind.Pathname;
        bool isDatagram = settings.Kind == SocketKind.Datagram;
        bool isByHand = !settings.Echoes && settings.Command is null;
        return settings switch
        {
            { Echoes: true, Command: not null } => "--echo and --exec cannot both serve a connection",
            { Command: not null } when isDatagram => "--exec needs connections, and datagrams have none: --type stream or seqpacket",
            { Command: not null, IdleTimeout: not null } =>
                "--idle-timeout cannot be told with --exec, whose program has the connection to itself: --time-limit can",
            { IsHex: true } when !isByHand => "--hex is for standard input and output, not for --echo or --exec",
            { Group: "" } => "--group is empty",
            { Mode: not null } or { Group: not null } when !hasFile =>
                "--mode and --group are for a socket file that is made here, and there is none",
            { MaxConnections: not null } or { MaxConnectionsPerUser: not null } when settings.IsForOne || isDatagram =>
                "--max-connections and --max-per-user are for --echo, --exec and --keep, with connections",
            { Keeps: true } when isDatagram => "--keep is for connections; datagrams are taken from all who send",
            { TimeLimit: not null } when isDatagram => "--time-limit is for connections, and datagrams have none",
            { TakesOver: true } when local is null => "--take-over needs a path or an abstract name",
            { TakesOver: true } when settings.IsForOne || isDatagram =>
                "--take-over needs a server that goes on: --echo, --exec or --keep, with stream or seqpacket",
            { IsQuiet: true, IsVerbose: true } => "--quiet and --verbose are opposites",
            _ => null,
        };
    }
}
