using System.Diagnostics;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Connections;

/// <summary>How long <c>--wait</c> has a command wait for a server.</summary>
internal static class ServerConnector
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly UnixConnectOptions UsualOptions = new();

    /// <summary>What the user gives bounds the wait for room in a backlog as well, which is otherwise as long as the library's.</summary>
    public static UnixConnectOptions ConnectOptions(
        TimeSpan? wait, PeerPolicy? requireServer = null, bool acceptDescriptors = false)
    {
        return new UnixConnectOptions
        {
            WaitFor = wait ?? TimeSpan.Zero,
            BacklogTimeout = wait ?? UsualOptions.BacklogTimeout,
            RequireServer = requireServer,
            AcceptDescriptors = acceptDescriptors,
        };
    }

    /// <summary>Tries again while a datagram server is not there yet; the library does so for connections.</summary>
    public static async Task WaitAsync(Action attempt, TimeSpan limit, CancellationToken stop)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                attempt();
                return;
            }
            catch (UnixSocketException error)
                when (error.Errno is Errno.ENOENT or Errno.ECONNREFUSED && Stopwatch.GetElapsedTime(begin) < limit)
            {
                await Task.Delay(Interval, stop);
            }
        }
    }
}

/// <summary>A connect that failed: what the library knows about it, and where to learn more.</summary>
internal static class ConnectError
{
    public static ToolException Of(UnixSocketException error, SocketKind kind)
    {
        List<string> hints = [];
        if (error.Hint is { } hint)
            hints.Add(hint);
        if (error.Errno == Errno.EPROTOTYPE)
            hints.Add($"--type {string.Join(" or --type ", Others(kind))} asks for another type of socket.");
        if (error.EndPoint is UnixEndPoint { Kind: UnixEndPointKind.Pathname or UnixEndPointKind.Abstract } address)
            hints.Add($"'samehost explain {(kind == SocketKind.Stream ? "" : $"--type {Name(kind)} ")}{address}' looks closer.");
        return new ToolException(ErrorReport.Summary(error), ExitStatus.Failure, string.Join('\n', hints));
    }

    private static IEnumerable<string> Others(SocketKind kind) => Enum.GetValues<SocketKind>().Where(other => other != kind).Select(Name);

    private static string Name(SocketKind kind) => kind switch
    {
        SocketKind.Datagram => "datagram",
        SocketKind.Seqpacket => "seqpacket",
        _ => "stream",
    };
}
