using System.Diagnostics;

namespace Samehost.Tool.Connecting;

/// <summary>How long <c>--wait</c> has a command wait for a server.</summary>
internal static class Patience
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
