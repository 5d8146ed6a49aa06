using System.Diagnostics;
using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>
/// <c>bind-race PATH</c>: for each line <c>race TIMESTAMP</c> tries to bind at that moment and says <c>won</c> or
/// <c>lost ERRNO</c>; for <c>abandon</c> leaves the file behind as a killed server would and says <c>abandoned</c>.
/// </summary>
internal static class BindRace
{
    public static void Run(PeerArguments arguments)
    {
        BoundSocket? bound = null;
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            if (line == "abandon")
            {
                bound?.Abandon();
                bound = null;
                Console.WriteLine("abandoned");
                continue;
            }
            WaitUntil(long.Parse(line.AsSpan("race ".Length), CultureInfo.InvariantCulture));
            try
            {
                bound = new BoundSocket(arguments);
                Console.WriteLine("won");
            }
            catch (UnixSocketException e)
            {
                Console.WriteLine($"lost {e.Errno}");
            }
        }
        bound?.Dispose();
    }

    /// <summary>The clock behind the time stamp is the same in every process.</summary>
    private static void WaitUntil(long timestamp)
    {
        TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (left > TimeSpan.Zero)
            Thread.Sleep(left);
    }
}
