using System.Globalization;

namespace Samehost.Tests.Serving;

/// <summary>What a process has used of a processor, as the kernel counts it.</summary>
internal static class ProcessorTime
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every architecture that .NET runs on

    /// <summary>The part of one processor that a process uses over a time.</summary>
    public static async Task<double> ShareAsync(int process, TimeSpan time)
    {
        var before = Ticks(process);
        await Task.Delay(time);
        return (Ticks(process) - before) / (double)TicksPerSecond / time.TotalSeconds;
    }

    private static long Ticks(int process)
    {
        // The fields after the name, which is in parentheses and may contain anything; utime and stime are the 14th and 15th of all.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
