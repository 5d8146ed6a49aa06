using System.Net.Sockets;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Serve;

/// <summary>The options given to <c>samehost serve</c>.</summary>
internal sealed record ServeSettings
{
    /// <summary>The address; null for the sockets passed by a service manager.</summary>
    public ToolAddress? Address { get; init; }

    /// <summary>The socket type; null when not given: stream, or the type of the passed socket.</summary>
    public SocketType? SocketType { get; init; }

    public bool Echo { get; init; }

    /// <summary>The command to run for each connection; null for none.</summary>
    public string[]? Command { get; init; }

    /// <summary>Whether to continue after the first client when standard input and output are served.</summary>
    public bool Keep { get; init; }

    public bool IsHex { get; init; }

    /// <summary>The policy of <c>--allow</c>; null when not given.</summary>
    public PeerPolicy? Allow { get; init; }

    public PeerPolicy Allowed => Allow ?? PeerPolicy.SelfAndRoot;

    public UnixFileMode? Mode { get; init; }

    public string? Group { get; init; }

    public int? MaxConnections { get; init; }

    public int? MaxConnectionsPerUser { get; init; }

    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long a connection may last; null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    public TimeSpan Drain { get; init; }

    public bool IsHandoverEnabled { get; init; }

    public bool IsQuiet { get; init; }

    public bool IsVerbose { get; init; }

    /// <summary>Whether one client is served on standard input and output, after which the command ends.</summary>
    public bool IsSingleClient => !Echo && Command is null && !Keep;

    public UnixListenerOptions ListenerOptions()
    {
        var file = new SocketFileOptions { Group = Group };
        if (Mode is { } mode)
            file.Mode = mode;
        return new UnixListenerOptions { PeerPolicy = Allowed, SocketFile = file };
    }

    /// <summary>
    /// Creates the options of a datagram socket. Datagrams that arrived before a passed socket was taken carry no credentials, so without
    /// --allow the mode of a socket file alone decides.
    /// </summary>
    public UnixDatagramOptions DatagramOptions(UnixEndPoint? address) => new()
    {
        PeerPolicy = address?.Kind == UnixEndPointKind.Pathname ? Allow : Allowed,
        SocketFile = ListenerOptions().SocketFile,
    };

    public UnixServerOptions ServerOptions(UnixServerEvents events)
    {
        var defaults = new UnixServerOptions();
        return new UnixServerOptions
        {
            MaxConnections = IsSingleClient ? 1 : MaxConnections ?? defaults.MaxConnections,
            MaxConnectionsPerUser = MaxConnectionsPerUser ?? defaults.MaxConnectionsPerUser,
            DrainTimeout = Timeout.InfiniteTimeSpan, // for a handover; after a signal --drain applies
            Events = events,
        };
    }
}

/// <summary>Checks the options of <c>samehost serve</c> for contradictions.</summary>
internal static class ServeSettingsValidator
{
    /// <summary>Gets the first problem as an error message; null when there is none.</summary>
    public static string? GetError(ServeSettings settings)
    {
        var local = settings.Address?.Local;
        var hasFile = local?.Kind == UnixEndPointKind.Pathname;
        var isDatagram = settings.SocketType == SocketType.Dgram;
        var isStdio = !settings.Echo && settings.Command is null;
        return settings switch
        {
            { Echo: true, Command: not null } => "--echo and --exec cannot both serve a connection",
            { Command: not null } when isDatagram => "--exec needs connections, and datagrams have none: --type stream or seqpacket",
            { Command: not null, IdleTimeout: not null } =>
                "--idle-timeout does not work with --exec, whose program alone uses the connection: use --time-limit",
            { IsHex: true } when !isStdio => "--hex is for standard input and output, not for --echo or --exec",
            { Mode: not null } or { Group: not null } when !hasFile =>
                "--mode and --group are for a socket file that is made here, and there is none",
            { MaxConnections: not null } or { MaxConnectionsPerUser: not null } when settings.IsSingleClient || isDatagram =>
                "--max-connections and --max-per-user are for --echo, --exec and --keep, with connections",
            { Keep: true } when isDatagram => "--keep is for connections; datagrams are received from all senders",
            { TimeLimit: not null } when isDatagram => "--time-limit is for connections, and datagrams have none",
            { IsHandoverEnabled: true } when local is null => "--handover needs a path or an abstract name",
            { IsHandoverEnabled: true } when settings.IsSingleClient || isDatagram =>
                "--handover needs a server that continues after a client: --echo, --exec or --keep, with stream or seqpacket",
            { IsQuiet: true, IsVerbose: true } => "--quiet and --verbose are opposites",
            _ => FileGroupOption.GetError(settings.Group),
        };
    }
}
