using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// The descriptor that a loop has been busy with alone, if there is one. Looking at it directly is half the work of asking epoll first; and
/// while it is looked at anyway it leaves epoll, where each message would cost its sender a callback, and us an event that is no news.
/// </summary>
/// <remarks>
/// Whoever leads uses it. A leader that was deposed without knowing may once come in between, which costs no more than a look in vain: a
/// descriptor leaves only while the leader waits, when nobody is deposed, and whoever finds it away brings it back.
/// </remarks>
internal sealed class BusyPoller
{
    private const int LooksBetweenEvents = 8;
    private const int MostInlinePolls = 16;
    private const int FoundToLeave = 16; // leaving and coming back costs about as much as a message

    // Where more threads want to run than there are processors, a single yield may take as long as a time slice of each of them: then the
    // number of looks says nothing about how long the others have been waiting.
    private static readonly long LongestBetweenEvents = Stopwatch.Frequency / 1_000_000 * 200;

    private Registration? _registration;
    private Registration? _away;
    private int _found;
    private int _sinceEvents;
    private long _lastEvents;

    /// <summary>Which it is, if there is one.</summary>
    public Registration? Registration => _registration;

    /// <summary>The last batch of events was for this one alone.</summary>
    public void Set(Registration registration)
    {
        if (ReferenceEquals(_registration, registration))
            return;
        Clear();
        _registration = registration;
    }

    /// <summary>There are others, or the loop is about to sleep: epoll is to tell of this one again.</summary>
    public void Clear()
    {
        _registration = null;
        _found = 0;
        if (_away is not null)
            Interlocked.Exchange(ref _away, null)?.Return();
    }

    /// <summary>
    /// True when a call that found nothing may look again for a moment where it stands, instead of returning to the loop, which
    /// would only look at the same descriptor. Not often in a row: the loop has others to look for.
    /// </summary>
    public bool MayPollInline(Registration registration) =>
        ReferenceEquals(_registration, registration) && !registration.Timing.IsLong && registration.InlinePolls++ < MostInlinePolls
        && registration.InlineTicks < LongestBetweenEvents;

    /// <summary>
    /// Looks again and again until the time is over, every few times at epoll, for the others. True when there is something to do:
    /// a call was carried out, which the caller completes, or events are <paramref name="ready"/>, or work was posted.
    /// </summary>
    public bool TryPoll(
        long end,
        Descriptor epoll,
        EpollBatch batch,
        ConcurrentQueue<IThreadPoolWorkItem> posted,
        out PendingOperation? found,
        out int ready)
    {
        found = null;
        long now = Stopwatch.GetTimestamp();
        do
        {
            if (WaitingRegistration() is { } registration && ++_sinceEvents < LooksBetweenEvents && now - _lastEvents < LongestBetweenEvents)
            {
                LibcSched.Yield(); // the call was tried a moment ago, before it was queued
                ready = 0;
                bool writing = registration.Readers.IsEmpty;
                found = writing ? registration.Writers.TryPoll(registration) : registration.Readers.TryPoll(registration);
                if (found is not null)
                {
                    if (++_found >= FoundToLeave)
                        Leave(writing);
                    return true;
                }
            }
            else
            {
                _sinceEvents = 0;
                _lastEvents = now;
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

    /// <summary>Looks once, if epoll does not tell of it: while the loop has other work it must not be forgotten.</summary>
    public PendingOperation? TryAway(out Registration? registration)
    {
        registration = _away;
        if (registration is null)
            return null;
        if (!registration.Timing.IsLong)
            return registration.Readers.TryPoll(registration) ?? registration.Writers.TryPoll(registration);
        Clear(); // its events go to the thread pool
        return null;
    }

    /// <summary>The one that it is, if it has operations to poll for.</summary>
    private Registration? WaitingRegistration() =>
        _registration is { Timing.IsLong: false } registration && !(registration.Readers.IsEmpty && registration.Writers.IsEmpty)
            ? registration
            : null;

    private void Leave(bool writing)
    {
        if (_away is null && _registration is { } registration && registration.TryLeave(writing))
            _away = registration;
    }
}
