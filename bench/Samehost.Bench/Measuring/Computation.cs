using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Samehost.Bench.Measuring;

/// <summary>Work that only a processor can do, in steps of equal size.</summary>
internal static class Computation
{
    private const int Trial = 1_000_000;
    private static readonly Lazy<double> StepsPerSecond = new(Calibrate);
    private static ulong s_result = 1;

    public static int StepsIn(TimeSpan time) => (int)(StepsPerSecond.Value * time.TotalSeconds);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Do(int steps)
    {
        ulong x = s_result;
        for (int i = 0; i < steps; i++)
        {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }

        s_result = x;
    }

    // The fastest of several: whatever disturbs makes it slower.
    private static double Calibrate() => Trial / Enumerable.Range(0, 20).Min(_ =>
    {
        long start = Stopwatch.GetTimestamp();
        Do(Trial);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    });
}
