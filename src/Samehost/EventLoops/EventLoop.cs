using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// Waits for readiness with epoll and runs the waiting calls' continuations where it stands: on the thread that leads. The
/// crew behind it replaces a leader that a continuation holds up.
/// </summary>
internal sealed class EventLoop
{
    private const ulong WakeSlot = ulong.MaxValue;
    private const int MostPostedAtOnce = 1024;

    // So many calls are carried out one after the other before the first of their continuations runs: the kernel's code for reading
    // is then still in the processor's caches for the next, and what was read is still there for its continuation.
    private const int BatchSize = 16;

    [ThreadStatic]
    private static EventLoop? _threadsLoop;

    [ThreadStatic]
    private static long _threadsTerm;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _posted = new();
    private readonly EpollBatch _batch = new(BatchSize);
    private readonly ReadyEvent[] _entries = new ReadyEvent[BatchSize + 1]; // one more, for a call that was carried out while polling
    private readonly Descriptor _wake;
    private readonly EventLoopThreads _crew;
    private readonly OffloadQueue _offload;
    private SpinBudget _budget;
    private readonly BusyPoller _lone = new();
    private int _count;
    private int _members;
    private int _sleeping;
    private int _signsOfLife;

    /// <exception cref="IOException">There is no descriptor, or no thread, left for it.</exception>
    public EventLoop()
    {
        Epoll = Opened(LibcEpoll.Create(out var epoll), epoll, "epoll_create1");
        Descriptor? wake = null;
        EventLoopThreads? crew = null;
        try
        {
            _wake = wake = Opened(LibcEventFd.Create(out wake), wake, "eventfd");
            int added = LibcEpoll.Add(Epoll, _wake.Number, LibcEpoll.EPOLLIN | LibcEpoll.EPOLLET, WakeSlot);
            if (added < 0)
                throw new IOException($"epoll_ctl failed with errno {-added}");
            _offload = new OffloadQueue();
            _crew = crew = new EventLoopThreads(this, _offload);
            crew.Start(); // last: its threads use this object as it stands
        }
        catch
        {
            crew?.Dispose();
            wake?.Dispose();
            Epoll.Dispose(); // when descriptors are short these are needed elsewhere
            throw;
        }
    }

    /// <summary>True on a thread that leads, or has led and is still held by a continuation.</summary>
    public static bool IsCurrentThread => _threadsLoop is not null;

    /// <summary>True on a thread that leads, and that others would have to wait for.</summary>
    public static bool IsLeading => _threadsLoop is { } loop && LeaderState.Term(loop.Cursor.Now) == _threadsTerm;

    public Descriptor Epoll { get; }

    public RegistrationTable Table { get; } = new();

    /// <summary>How many descriptors have chosen it. They count from then on, not only when they come to wait: of a crowd that connects
    /// at once, none waits yet when the last one chooses.</summary>
    public int Members => Volatile.Read(ref _members);

    /// <summary>Changes with each call that a continuation makes and that may poll: so it is not stuck, though it claims nothing.</summary>
    public int SignsOfLife => Volatile.Read(ref _signsOfLife);

    /// <summary>How far the leader is; shared with the crew's watch.</summary>
    public LeaderState Cursor;

    /// <inheritdoc cref="EventLoopThreads.IsWatchMissing"/>
    public bool IsWatchMissing => _crew.IsWatchMissing;

    public void Join() => Interlocked.Increment(ref _members);

    public void Leave() => Interlocked.Decrement(ref _members);

    /// <summary>Runs a piece of work on the loop, as if an event had asked for it.</summary>
    public void Post(IThreadPoolWorkItem work)
    {
        _posted.Enqueue(work);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            LibcEventFd.Signal(_wake);
        _crew.EnsureWatch();
    }

    /// <summary>Leads until deposed, beginning with what is left of the batch. The caller's term is <paramref name="term"/>.</summary>
    public void Lead(long term)
    {
        _threadsLoop = this;
        _threadsTerm = term;
        long time = Stopwatch.GetTimestamp();
        while (true)
        {
            long seen = Cursor.Now;
            while (LeaderState.IsRunning(seen) && LeaderState.Term(seen) == term && LeaderState.Claimed(seen) is var index && index < _count)
            {
                if (!TryServe(index, seen, ref time))
                    return;
                seen = Cursor.Now;
            }

            // Not more than the cursor can count: leaders that follow each other in one batch claim on from where the last one was.
            for (int left = Math.Min(_posted.Count, MostPostedAtOnce); left > 0 && LeaderState.Claimed(seen) < LeaderState.MostClaims; left--)
            {
                if (LeaderState.Term(seen) != term || !Cursor.TryClaim(seen))
                    return;
                RunPosted();
                seen = Cursor.Now;
            }

            if (LeaderState.Term(seen) != term || !Cursor.TryStartWaiting(seen))
                return;
            NextBatch();
            Cursor.StartRunning();
            _crew.WakeWatch();
            _crew.EnsureWatch();
            time = Stopwatch.GetTimestamp();
        }
    }

    private static Descriptor Opened(int result, Descriptor? descriptor, string call) =>
        descriptor ?? throw new IOException($"{call} failed with errno {-result}; are this process's descriptors used up?");

    // These two are methods of their own: what they have in hand must not stay alive in the frame of a loop that sleeps.
    private void RunPosted()
    {
        if (!_posted.TryDequeue(out var work))
            return;
        work.Execute();
        EventLoopThreads.ResetContext();
    }

    private bool TryServe(int index, long seen, ref long time)
    {
        var entry = _entries[index]; // before the claim: after it a successor may already refill the batch
        if (!Cursor.TryClaim(seen))
            return false;
        time = Dispatch(entry.Registration, entry.Operation, entry.Events, time);
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

        bool ran = operation is not null || registration.OnEvents(events);
        operation?.Complete();
        if (ran)
            EventLoopThreads.ResetContext();
        return Charge(registration, ran, start);
    }

    private static long Charge(Registration registration, bool ran, long start)
    {
        long end = Stopwatch.GetTimestamp();
        if (ran)
        {
            // What it waited for its peer in between is not its own time.
            registration.Timing.Add(end - start - registration.InlineTicks, registration.InlinePolls + registration.Readers.CallsWithoutWaiting);
        }

        registration.InlinePolls = 0;
        registration.InlineTicks = 0;
        return end;
    }

    /// <inheritdoc cref="BusyPoller.MayPollInline"/>
    /// <remarks>And only for who leads.</remarks>
    public bool MayPollInline(Registration registration)
    {
        if (_budget.Budget == 0 || !IsLeading || !_posted.IsEmpty || !_lone.MayPollInline(registration))
            return false;
        Volatile.Write(ref _signsOfLife, _signsOfLife + 1);
        return true;
    }

    /// <summary>Waits, and carries out what can be carried out without running anybody's code, while nobody is deposed.</summary>
    private void NextBatch()
    {
        Array.Clear(_entries, 0, _count); // so that sockets that everybody else has forgotten can go
        int ready = PollOrWait(out var polled);
        for (int i = 0; i < ready; i++)
            Enter(ref _entries[i], _batch.Data(i), _batch.Events(i));
        _count = Math.Max(0, ready);
        if (_count == 1 && _entries[0] is { Registration: { Timing.IsLong: false } only })
            _lone.Set(only);
        if (polled.Operation is not null)
            _entries[_count++] = polled;
    }

    private void Enter(ref ReadyEvent entry, ulong slot, uint events)
    {
        if (slot == WakeSlot || Table.Find(slot) is not { } registration)
            return;
        entry.Registration = registration;
        if (registration.Timing.IsLong || !registration.TryBegin(events, out entry.Operation))
            entry.Events = events;
    }

    /// <returns>How many events there are, or <c>-errno</c>.</returns>
    private int PollOrWait(out ReadyEvent polled)
    {
        polled = default;
        if (!_posted.IsEmpty)
        {
            polled.Operation = _lone.TryAway(out polled.Registration);
            return LibcEpoll.Wait(Epoll, _batch, 0);
        }

        long start = Stopwatch.GetTimestamp();
        if (_budget.Budget > 0 && _lone.TryPoll(start + _budget.Budget, Epoll, _batch, _posted, out polled.Operation, out int ready))
        {
            polled.Registration = _lone.Registration;
            _budget.Succeeded();
            return ready;
        }

        _lone.Clear();
        Interlocked.Exchange(ref _sleeping, 1);
        ready = LibcEpoll.Wait(Epoll, _batch, _posted.IsEmpty ? -1 : 0);
        Volatile.Write(ref _sleeping, 0);
        _budget.Slept(Stopwatch.GetTimestamp() - start);
        return ready;
    }
}
