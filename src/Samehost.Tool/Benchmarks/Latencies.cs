using System.Numerics;

namespace Samehost.Tool.Benchmarks;

/// <summary>How often each time was taken, in steps of 3 %: percentiles of millions of round trips without keeping them.</summary>
internal sealed class Latencies
{
    private const int Bits = 5;
    private const int Steps = 1 << Bits;

    // Linear below the first power of two that has so many values, then as many buckets to each power.
    private readonly long[] _counts = new long[(64 - Bits + 1) * Steps];

    public long Count { get; private set; }

    public void Add(long nanoseconds)
    {
        ulong value = (ulong)Math.Max(0, nanoseconds);
        if (value >= Steps)
        {
            int shift = 63 - BitOperations.LeadingZeroCount(value) - Bits;
            value = ((ulong)shift * Steps) + (value >> shift);
        }
        _counts[value]++;
        Count++;
    }

    /// <summary>The time in nanoseconds that this share of all took at most; 0 when there are none.</summary>
    public double Percentile(double share)
    {
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (_counts[i] > 0 && seen >= Count * share)
                return i < Steps ? i : (double)((long)((i % Steps) + Steps) << ((i / Steps) - 1));
        }
        return 0;
    }
}
