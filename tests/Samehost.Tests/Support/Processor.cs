using Xunit;

namespace Samehost.Tests.Support;

/// <summary>The processor time of a process that should use none.</summary>
internal static class Processor
{
    /// <summary>What counts as none, in microseconds.</summary>
    public const long Idle = 10_000;

    private const int MostPeriods = 6;

    /// <summary>
    /// The use in the first idle period, or else in the best one: the runtime's own threads (tiered compilation) may be at work
    /// for a moment, a spinning process is never idle.
    /// </summary>
    public static async Task<long> LeastUseAsync(TimeSpan period, Func<Task<long>> microseconds)
    {
        var best = long.MaxValue;
        for (var i = 0; i < MostPeriods && best > Idle; i++)
        {
            var before = await microseconds();
            await Task.Delay(period, TestContext.Current.CancellationToken);
            best = Math.Min(best, await microseconds() - before);
        }

        return best;
    }
}
