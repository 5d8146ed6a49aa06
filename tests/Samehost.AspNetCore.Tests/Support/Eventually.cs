using System.Diagnostics;

namespace Samehost.AspNetCore.Tests.Support;

/// <summary>Polls for a state that no event reports.</summary>
internal static class Eventually
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    public static async Task IsTrueAsync(Func<bool> condition, string what, int seconds = 20)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < seconds, $"Not within {seconds} s: {what}");
            await Task.Delay(BetweenLooks, TestContext.Current.CancellationToken);
        }
    }
}
