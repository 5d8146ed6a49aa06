using System.Diagnostics;

namespace Samehost.EventLoops;

/// <summary>
/// Learns for how long it pays to poll before sleeping. A wake-up across processors costs many times what a small message costs, so where
/// waits have recently been short they are polled through, and where they have been long the thread sleeps at once. Not thread-safe: each
/// instance belongs to one waiter.
/// </summary>
internal struct SpinBudget
{
    // A sleeping peer that is woken at once answers in about this time; waits below it are worth polling for.
    private static readonly long ShortWait = Ticks(microseconds: 100);
    private static readonly long Longest = Ticks(microseconds: 80);
    private const int ShortWaitsToStart = 2;
    private const int FailuresToStop = 3;
    private const int MaxShortWaitsToStart = 4096;

    private bool _polls;
    private ushort _shortWaits;
    private ushort _moreShortWaits; // needed to start polling, beyond the usual number, since it failed on a busy processor
    private byte _failures;

    /// <summary>How long to poll before sleeping, in <see cref="Stopwatch"/> ticks; 0 is not at all.</summary>
    public readonly long Budget => _polls ? Longest : 0;

    /// <summary>The wait ended while it was still polled. On a busy processor that may be long after the budget: each yield then gives it
    /// to a thread that computes, whereas a thread that sleeps is woken at once.</summary>
    public void Succeeded(long ticks)
    {
        if (ticks <= ShortWait)
        {
            _failures = 0;
            if (_moreShortWaits > 0)
                _moreShortWaits--;
            return;
        }

        Slept(ticks);
        if (!_polls)
            _moreShortWaits = (ushort)Math.Min((_moreShortWaits + ShortWaitsToStart) * 4, MaxShortWaitsToStart);
    }

    /// <summary>The wait went past the budget, or was slept through from its start, and took <paramref name="ticks"/> in all.</summary>
    public void Slept(long ticks)
    {
        if (ticks <= ShortWait)
        {
            _failures = 0;
            if (_shortWaits < ShortWaitsToStart + _moreShortWaits)
                _shortWaits++;
            _polls |= _shortWaits >= ShortWaitsToStart + _moreShortWaits;
            return;
        }

        _shortWaits = 0;
        if (_failures < FailuresToStop)
            _failures++;
        _polls &= _failures < FailuresToStop;
    }

    private static long Ticks(int microseconds) => Stopwatch.Frequency * microseconds / 1_000_000;
}
