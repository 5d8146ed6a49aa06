using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// Waits for readiness with epoll and runs the continuations of pending operations on the thread that waits, the leader. The other threads
/// of the loop replace a leader that a continuation blocks; see <see cref="EventLoopThreads"/>.
/// </summary>
internal sealed class EventLoop
{
    private const ulong WakeSlot = ulong.MaxValue;
    private const int MaxPostedAtOnce = 1024;

    // The number of calls that are carried out before the first of their continuations runs: the kernel's code for reading is then still
    // in the processor's caches for the next call, and what was read is still there for its continuation.
    private const int BatchSize = 16;

    [ThreadStatic]
    private static EventLoop? _loopOfThread;

    [ThreadStatic]
    private static long _termOfThread;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _posted = new();
    private readonly EpollBatch _batch = new(BatchSize);
    private readonly ReadyEvent[] _events = new ReadyEvent[BatchSize + 1]; // one more, for a call that was carried out while polling
    private readonly Descriptor _wake;
    private readonly EventLoopThreads _threads;
    private readonly OffloadQueue _offload;
    private readonly BusyPoller _busyPoller = new();
    private SpinBudget _budget;
    private int _count;
    private int _descriptorCount;
    private int _sleeping;
    private int _inlinePolls;

    /// <summary>How far the leader is; shared with the watchdog.</summary>
    public LeaderState State;

    /// <exception cref="IOException">No descriptor, or no thread, is left for it.</exception>
    public EventLoop()
    {
        Epoll = Opened(LibcEpoll.Create(out var epoll), epoll, "epoll_create1");
        Descriptor? wake = null;
        EventLoopThreads? threads = null;
        try
        {
            _wake = wake = Opened(LibcEventFd.Create(out wake), wake, "eventfd");
            var added = LibcEpoll.Add(Epoll, _wake.Number, LibcEpoll.EPOLLIN | LibcEpoll.EPOLLET, WakeSlot);
            if (added < 0)
                throw new IOException($"epoll_ctl failed with errno {-added}");
            _offload = new OffloadQueue();
            _threads = threads = new EventLoopThreads(this, _offload);
            threads.Start(); // last: its threads use this object as it stands
        }
        catch
        {
            threads?.Dispose();
            wake?.Dispose();
            Epoll.Dispose(); // when descriptors are short these are needed elsewhere
            throw;
        }
    }

    /// <summary>Whether this thread leads a loop, or has led it and is still blocked by a continuation.</summary>
    public static bool IsCurrentThread => _loopOfThread is not null;

    /// <summary>Whether this thread leads a loop, whose other descriptors wait for it.</summary>
    public static bool IsLeading => _loopOfThread is { } loop && LeaderState.Term(loop.State.Current) == _termOfThread;

    public Descriptor Epoll { get; }

    public RegistrationTable Table { get; } = new();

    /// <summary>The number of descriptors that have chosen this loop. They count from then on and not only when they wait: of many that
    /// connect at once none waits yet when the last one chooses.</summary>
    public int DescriptorCount => Volatile.Read(ref _descriptorCount);

    /// <summary>Changes with each poll in place by a continuation. It is not blocked then, although the leader claims nothing
    /// meanwhile.</summary>
    public int InlinePolls => Volatile.Read(ref _inlinePolls);

    /// <inheritdoc cref="EventLoopThreads.IsWatchdogMissing"/>
    public bool IsWatchdogMissing => _threads.IsWatchdogMissing;

    public void AddDescriptor() => Interlocked.Increment(ref _descriptorCount);

    public void RemoveDescriptor() => Interlocked.Decrement(ref _descriptorCount);

    /// <summary>Runs a piece of work on the loop, as if an event had asked for it.</summary>
    public void Post(IThreadPoolWorkItem work)
    {
        _posted.Enqueue(work);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            LibcEventFd.Signal(_wake);
        _threads.EnsureWatchdog();
    }

    /// <summary>Leads until replaced, beginning with what is left of the batch.</summary>
    /// <param name="term">The term of the calling thread.</param>
    public void Lead(long term)
    {
        _loopOfThread = this;
        _termOfThread = term;
        var time = Stopwatch.GetTimestamp();
        while (true)
        {
            var seen = State.Current;
            while (LeaderState.IsRunning(seen) && LeaderState.Term(seen) == term
                && LeaderState.Claimed(seen) is var index && index < _count)
            {
                if (!TryServe(index, seen, ref time))
                    return;
                seen = State.Current;
            }

            // No more than the state can count: leaders that follow each other in one batch continue to claim where the last one stopped.
            for (var left = Math.Min(_posted.Count, MaxPostedAtOnce); left > 0 && LeaderState.Claimed(seen) < LeaderState.MaxClaims; left--)
            {
                if (LeaderState.Term(seen) != term || !State.TryClaim(seen))
                    return;
                RunPosted();
                seen = State.Current;
            }

            if (LeaderState.Term(seen) != term || !State.TryStartWaiting(seen))
                return;
            NextBatch();
            State.StartRunning();
            _threads.WakeWatchdog();
            _threads.EnsureWatchdog();
            time = Stopwatch.GetTimestamp();
        }
    }

    /// <inheritdoc cref="BusyPoller.MayPollInline"/>
    /// <remarks>And only on the leader's thread.</remarks>
    public bool MayPollInline(Registration registration) =>
        ReferenceEquals(_busyPoller.Registration, registration) && _budget.Budget != 0
        && IsLeading && _posted.IsEmpty && _busyPoller.MayPollInline(registration);

    /// <summary>Counts a poll in place, where the calling thread leads a loop.</summary>
    public static void CountInlinePoll()
    {
        if (IsLeading)
            Volatile.Write(ref _loopOfThread!._inlinePolls, _loopOfThread._inlinePolls + 1);
    }

    private static Descriptor Opened(int result, Descriptor? descriptor, string call) =>
        descriptor ?? throw new IOException($"{call} failed with errno {-result}; are this process's descriptors used up?");

    // RunPosted and TryServe are methods of their own, so that what they refer to does not stay alive in the frame of a loop that sleeps.
    private void RunPosted()
    {
        if (!_posted.TryDequeue(out var work))
            return;
        work.Execute();
        EventLoopThreads.ResetContext();
    }

    private bool TryServe(int index, long seen, ref long time)
    {
        var ready = _events[index]; // before the claim: after it a successor may already refill the batch
        if (!State.TryClaim(seen))
            return false;
        time = Dispatch(ready.Registration, ready.Operation, ready.Events, time);
        return true;
    }

    private long Dispatch(Registration? registration, PendingOperation? operation, uint events, long start)
    {
        if (registration is null || (operation is null && events == 0))
            return start;
        if (operation is null && registration.Timing.IsLong)
        {
            _offload.Add(registration, events);
            return start;
        }

        var ran = operation is not null || registration.OnEvents(events);
        operation?.Complete();
        if (ran)
            EventLoopThreads.ResetContext();
        return AddTiming(registration, ran, start);
    }

    private static long AddTiming(Registration registration, bool ran, long start)
    {
        var end = Stopwatch.GetTimestamp();
        if (ran)
        {
            // The time that it waited for its peer in between is not its own.
            var callsWithoutWaiting = registration.InlinePolls + registration.CallsWithoutWaiting;
            registration.Timing.Add(end - start - registration.InlineTicks, callsWithoutWaiting);
        }

        return end;
    }

    /// <summary>Waits, and carries out the calls that run no code of others, since a leader is not replaced meanwhile.</summary>
    private void NextBatch()
    {
        Array.Clear(_events, 0, _count); // so that forgotten sockets can be finalized
        var ready = PollOrWait(out var polled);
        for (var i = 0; i < ready; i++)
            Begin(ref _events[i], _batch.Data(i), _batch.Events(i));
        _count = Math.Max(0, ready);
        if (_count == 1 && _events[0] is { Registration: { Timing.IsLong: false } only })
            _busyPoller.Set(only);
        if (polled.Operation is not null)
            _events[_count++] = polled;
    }

    private void Begin(ref ReadyEvent ready, ulong slot, uint events)
    {
        if (slot == WakeSlot || Table.Find(slot) is not { } registration)
            return;
        ready.Registration = registration;
        if (registration.Timing.IsLong || !registration.TryBegin(events, out ready.Operation))
            ready.Events = events;
    }

    /// <returns>The number of events, or <c>-errno</c>.</returns>
    private int PollOrWait(out ReadyEvent polled)
    {
        polled = default;
        if (!_posted.IsEmpty)
        {
            polled.Operation = _busyPoller.TryOutsideEpoll(out polled.Registration);
            return LibcEpoll.Wait(Epoll, _batch, 0);
        }

        var start = Stopwatch.GetTimestamp();
        if (_budget.Budget > 0 && _busyPoller.TryPoll(start + _budget.Budget, Epoll, _batch, _posted, out polled.Operation, out var ready))
        {
            polled.Registration = _busyPoller.Registration;
            _budget.Succeeded(Stopwatch.GetTimestamp() - start);
            return ready;
        }

        _busyPoller.Clear();
        Interlocked.Exchange(ref _sleeping, 1);
        ready = LibcEpoll.Wait(Epoll, _batch, _posted.IsEmpty ? -1 : 0);
        Volatile.Write(ref _sleeping, 0);
        _budget.Slept(Stopwatch.GetTimestamp() - start);
        return ready;
    }

    /// <summary>One entry of a batch: a call that was carried out and is to be completed, or events to serve.</summary>
    private struct ReadyEvent
    {
        public Registration? Registration; // null when there is nothing to do
        public PendingOperation? Operation; // what was carried out
        public uint Events; // what epoll reported, where nothing has been carried out for it yet
    }
}
