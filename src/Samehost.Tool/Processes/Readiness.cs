using System.Diagnostics;
using Samehost.Interop;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Processes;

/// <summary>
/// Waits until a server serves its path. Connecting would tell as well, but a server for one client would have had its client then:
/// the kernel's table is looked at instead.
/// </summary>
internal static class Readiness
{
    private const string Table = "/proc/net/unix";
    private const int Listening = 0x10000;
    private const int Datagram = 2;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task WaitAsync(LocalProcess server, string path, CancellationToken stop)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!IsServed(path))
        {
            if (server.HasExited)
                throw await server.EndedEarlyAsync(stop);
            if (Stopwatch.GetElapsedTime(begin) > Deadline)
                throw new ToolException($"nobody serves {path} after {Deadline.TotalSeconds} seconds");
            await Task.Delay(Interval, stop);
        }
    }

    private static bool IsServed(string path) =>
        File.Exists(Table) ? File.ReadLines(Table).Any(row => IsServedIn(row, path)) : File.Exists(path);

    // Num RefCount Protocol Flags Type St Inode Path
    private static bool IsServedIn(string row, string path)
    {
        string[] fields = row.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 8 && fields[7] == path && (Hex(fields[4]) == Datagram || (Hex(fields[3]) & Listening) != 0);
    }

    private static int Hex(string text) => Numbers.TryParseHex(text, out int number) ? number : 0;
}
