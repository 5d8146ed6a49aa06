using Samehost.Tool.Arguments;

namespace Samehost.Tool.Serving;

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
