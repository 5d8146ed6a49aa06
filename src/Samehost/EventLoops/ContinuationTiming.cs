using System.Diagnostics;

namespace Samehost.EventLoops;

/// <summary>
/// Remembers how long a descriptor's continuations take. Short ones run on the loop, where they save a hop; for long ones a hop
/// costs nothing in comparison and lets them use the other processors.
/// </summary>
/// <remarks>
/// It counts instead of averaging: a thread that the kernel takes off its processor in the middle of a short continuation makes that one
/// look a thousand times as long, which an average would believe for a while.
/// </remarks>
internal struct ContinuationTiming
{
    private const int LongOnesToBelieve = 4;
    private const int MostRemembered = 8;
    private const int ForgivenByAShortOne = 2;

    private static readonly long LongContinuation = Stopwatch.Frequency / 1_000_000 * 50;

    private int _score; // an estimate, so that a lost update does not matter

    public readonly bool IsLong => _score >= LongOnesToBelieve;

    /// <summary>Counts what continuations took that ran one after the other: the first, and one more for each call that did not have to
    /// wait.</summary>
    public void Add(long ticks, int callsThatDidNotWait)
    {
        if (ticks / (callsThatDidNotWait + 1) > LongContinuation)
            _score = Math.Min(_score + 1, MostRemembered);
        else if (_score > 0)
            _score = Math.Max(_score - ForgivenByAShortOne, 0);
    }
}
