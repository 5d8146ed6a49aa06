using System.Diagnostics;

namespace Samehost.Reactor;

/// <summary>
/// Remembers how long a descriptor's continuations take. Short ones run on the loop, where they save a hop; for long ones a hop
/// costs nothing in comparison and lets them use the other processors.
/// </summary>
internal struct HandlerCost
{
    private static readonly long LongContinuation = Stopwatch.Frequency / 1_000_000 * 50;

    private long _average; // Stopwatch ticks; an estimate, so that a torn or lost update does not matter

    public readonly bool IsLong => _average > LongContinuation;

    public void Add(long ticks) => _average += (ticks - _average) / 4;
}
