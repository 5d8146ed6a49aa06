using System.Diagnostics;
using Xunit;

namespace Samehost.Tests.Support;

/// <summary>Waits for a state that announces itself by no event, such as a number below /proc.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(2);

    public static async Task IsTrueAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(BetweenLooks, TestContext.Current.CancellationToken);
        }
    }
}
