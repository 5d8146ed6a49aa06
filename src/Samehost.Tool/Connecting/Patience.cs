using System.Diagnostics;

namespace Samehost.Tool.Connecting;

/// <summary>Tries again while a datagram server is not there yet; the library does so for connections.</summary>
internal static class Patience
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

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
