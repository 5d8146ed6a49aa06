using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// Polls the one descriptor that a loop is busy with, where there is only one. Trying its call directly is half the work of asking epoll
/// first; and while it is polled it is taken out of epoll, where each message would cost the sender a callback and the loop an event.
/// </summary>
/// <remarks>
/// Used by the leader. A leader that was replaced without knowing it yet may use it once at the same time, which costs a try in vain: a
/// descriptor is taken out only while the leader waits, when it is not replaced, and put back by whichever thread finds it out.
/// </remarks>
internal sealed class BusyPoller
{
    private const int TriesBetweenEpolls = 8;
    private const int MaxInlinePolls = 16;
    private const int SuccessesToLeaveEpoll = 16; // leaving and returning costs about as much as a message

    // Where more threads are ready than there are processors, a single yield may take as long as a time slice of each of them. Then the
    // number of tries says nothing about how long the other descriptors have been waiting.
    private static readonly long MaxTimeBetweenEpolls = Stopwatch.Frequency / 1_000_000 * 200;

    private Registration? _registration;
    private Registration? _outsideEpoll;
    private int _successes;
    private int _triesSinceEpoll;
    private long _lastEpoll;

    /// <summary>The descriptor that is polled, if any.</summary>
    public Registration? Registration => _registration;

    /// <summary>Polls this descriptor from now on, for which alone the last batch of events was.</summary>
    public void Set(Registration registration)
    {
        if (ReferenceEquals(_registration, registration))
            return;
        Clear();
        _registration = registration;
    }

    /// <summary>Polls none from now on, because others have events or the loop is about to sleep, and puts it back into epoll.</summary>
    public void Clear()
    {
        _registration = null;
        _successes = 0;
        if (_outsideEpoll is not null)
            Interlocked.Exchange(ref _outsideEpoll, null)?.ReturnToEpoll();
    }

    /// <summary>
    /// Whether a call that would block may poll for a moment in place, instead of returning to the loop, which would only poll the same
    /// descriptor. Not often in a row, since the loop has others to serve.
    /// </summary>
    public bool MayPollInline(Registration registration) =>
        ReferenceEquals(_registration, registration) && !registration.Timing.IsLong && registration.InlinePolls++ < MaxInlinePolls
        && registration.InlineTicks < MaxTimeBetweenEpolls;

    /// <summary>
    /// Polls until the time is over, and now and then epoll for the others. True when there is something to do: a call was carried out,
    /// which the caller completes, or events are <paramref name="ready"/>, or work was posted.
    /// </summary>
    public bool TryPoll(
        long end,
        Descriptor epoll,
        EpollBatch batch,
        ConcurrentQueue<IThreadPoolWorkItem> posted,
        out PendingOperation? performed,
        out int ready)
    {
        performed = null;
        var now = Stopwatch.GetTimestamp();
        do
        {
            if (WaitingRegistration() is { } registration
                && ++_triesSinceEpoll < TriesBetweenEpolls && now - _lastEpoll < MaxTimeBetweenEpolls)
            {
                LibcSched.Yield(); // the call was tried a moment ago, before it was queued
                ready = 0;
                var writing = registration.Readers.IsEmpty;
                performed = writing ? registration.Writers.TryPoll(registration) : registration.Readers.TryPoll(registration);
                if (performed is not null)
                {
                    if (++_successes >= SuccessesToLeaveEpoll && _outsideEpoll is null && registration.TryLeaveEpoll(writing))
                        _outsideEpoll = registration;
                    return true;
                }
            }
            else
            {
                _triesSinceEpoll = 0;
                _lastEpoll = now;
                ready = LibcEpoll.Wait(epoll, batch, 0);
                if (ready != 0 || !posted.IsEmpty)
                {
                    Clear();
                    return true;
                }

                LibcSched.Yield();
            }
        }
        while ((now = Stopwatch.GetTimestamp()) < end);
        ready = 0;
        return false;
    }

    /// <summary>Polls once a descriptor that epoll does not report, while the loop has other work.</summary>
    public PendingOperation? TryOutsideEpoll(out Registration? registration)
    {
        registration = _outsideEpoll;
        if (registration is null)
            return null;
        if (!registration.Timing.IsLong)
            return registration.Readers.TryPoll(registration) ?? registration.Writers.TryPoll(registration);
        Clear(); // its events go to the thread pool
        return null;
    }

    /// <summary>The descriptor that is polled, if operations wait for it.</summary>
    private Registration? WaitingRegistration() =>
        _registration is { Timing.IsLong: false } registration && !(registration.Readers.IsEmpty && registration.Writers.IsEmpty)
            ? registration
            : null;
}
