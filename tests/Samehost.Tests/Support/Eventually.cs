using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace Samehost.Tests.Support;

/// <summary>Waits until another thread has made a condition true. The limit is for a test that fails, not a measurement.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);

    public static async Task IsTrueAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? within = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < (within ?? Patience), $"Not within {within ?? Patience}: {what}");
            await Task.Delay(Interval, TestContext.Current.CancellationToken);
        }
    }
}
