using System.Diagnostics;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>Looks again and again until something is so: for what a server does without telling.</summary>
internal static class Eventually
{
    public static async Task IsTrueAsync(Func<bool> condition, TimeSpan? within = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < (within ?? EchoClient.Patience), "It did not come true in time.");
            await Task.Delay(1);
        }
    }
}
