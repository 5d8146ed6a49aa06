using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>When processes started, and whether they run (proc_pid_stat(5)).</summary>
internal static class ProcessStatus
{
    private const int StartTime = 19; // field 22, the third being the first behind the name
    private const double TicksPerSecond = 100; // USER_HZ, the same on every architecture that .NET runs on

    /// <summary>The start of the one that started first; null when none can be seen.</summary>
    public static DateTimeOffset? Earliest(IEnumerable<int> processes)
    {
        double[] starts = [.. processes.Select(SecondsAfterBoot).OfType<double>()];
        return starts.Length == 0 ? null : Now() - TimeSpan.FromSeconds(Uptime() - starts.Min());
    }

    /// <summary>Whether it was stopped, by SIGSTOP or by a debugger; false when it cannot be seen.</summary>
    public static bool IsStopped(int process) => Fields(process) is ["T" or "t", ..];

    private static double? SecondsAfterBoot(int process) =>
        Fields(process) is { } fields ? Numbers.Parse<ulong>(fields[StartTime]) / TicksPerSecond : null;

    /// <summary>What stands behind the name, the state first; null when the process cannot be seen.</summary>
    private static string[]? Fields(int process)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{process}/stat");
            // The name in parentheses may have any characters in it, these too.
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // ended meanwhile
        }
    }

    private static double Uptime() => Numbers.TryParseDecimal(File.ReadAllText("/proc/uptime").Split(' ')[0], out double seconds)
        ? seconds
        : throw new FormatException("/proc/uptime has no number.");

    private static DateTimeOffset Now()
    {
        DateTimeOffset now = DateTimeOffset.Now;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)); // the kernel's figures are not finer than a hundredth
    }
}
