using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;

namespace Samehost.Reactor;

/// <summary>
/// Waits for readiness with epoll and runs the waiting calls' continuations where it stands: on the thread that leads. The
/// crew behind it replaces a leader that a continuation holds up.
/// </summary>
internal sealed class EventLoop
{
    private const ulong WakeSlot = ulong.MaxValue;
    private const int MostPostedAtOnce = 1024;

    [ThreadStatic]
    private static EventLoop? _threadsLoop;

    [ThreadStatic]
    private static long _threadsTerm;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _posted = new();
    private readonly EpollBatch _batch = new();
    private readonly Descriptor _wake;
    private readonly LoopCrew _crew;
    private readonly OffloadQueue _offload;
    private PollBudget _budget;
    private readonly LoneDescriptor _lone = new();
    private PendingOperation? _polled; // carried out while polling, to be completed
    private Registration? _polledFor;
    private int _count;
    private int _sleeping;
    private int _signsOfLife;

    /// <exception cref="IOException">There is no descriptor left for it.</exception>
    public EventLoop()
    {
        Epoll = Opened(LibcEpoll.Create(out var epoll), epoll, "epoll_create1");
        Descriptor? wake = null;
        try
        {
            _wake = wake = Opened(LibcEventFd.Create(out wake), wake, "eventfd");
            int added = LibcEpoll.Add(Epoll, _wake.Number, LibcEpoll.EPOLLIN | LibcEpoll.EPOLLET, WakeSlot);
            if (added < 0)
                throw new IOException($"epoll_ctl failed with errno {-added}");
            _offload = new OffloadQueue();
            _crew = new LoopCrew(this, _offload);
        }
        catch
        {
            wake?.Dispose();
            Epoll.Dispose(); // when descriptors are short these are needed elsewhere
            throw;
        }

        _crew.Start(); // only now: its threads use this object as it stands
    }

    /// <summary>True on a thread that leads, or has led and is still held by a continuation.</summary>
    public static bool IsCurrentThread => _threadsLoop is not null;

    /// <summary>True on a thread that leads, and that others would have to wait for.</summary>
    public static bool IsLeading => _threadsLoop is { } loop && LoopCursor.Term(loop.Cursor.Now) == _threadsTerm;

    public Descriptor Epoll { get; }

    public SlotTable Slots { get; } = new();

    /// <summary>Changes with each call that a continuation makes and that may poll: so it is not stuck, though it claims nothing.</summary>
    public int SignsOfLife => Volatile.Read(ref _signsOfLife);

    /// <summary>How far the leader is; shared with the crew's watch.</summary>
    public LoopCursor Cursor;

    /// <summary>Runs a piece of work on the loop, as if an event had asked for it.</summary>
    public void Post(IThreadPoolWorkItem work)
    {
        _posted.Enqueue(work);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            LibcEventFd.Signal(_wake);
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
            while (LoopCursor.IsRunning(seen) && LoopCursor.Term(seen) == term && LoopCursor.Claimed(seen) is var index && index < _count)
            {
                // Read before the claim: after it a successor may already refill the batch.
                uint events = _batch.Events(index);
                ulong slot = _batch.Data(index);
                if (!Cursor.TryClaim(seen))
                    return;
                time = Dispatch(slot, events, time);
                seen = Cursor.Now;
            }

            if (_polled is not null)
            {
                if (LoopCursor.Term(seen) != term || !Cursor.TryClaim(seen))
                    return;
                time = CompletePolled(time);
                seen = Cursor.Now;
            }

            // Not more than the cursor can count: leaders that follow each other in one batch claim on from where the last one was.
            for (int left = Math.Min(_posted.Count, MostPostedAtOnce); left > 0 && LoopCursor.Claimed(seen) < LoopCursor.MostClaims; left--)
            {
                if (LoopCursor.Term(seen) != term || !Cursor.TryClaim(seen))
                    return;
                if (_posted.TryDequeue(out var work))
                    work.Execute();
                seen = Cursor.Now;
            }

            if (LoopCursor.Term(seen) != term || !Cursor.TryStartWaiting(seen))
                return;
            _count = Math.Max(0, WaitForEvents());
            Cursor.StartRunning();
            _crew.WakeWatch();
            time = Stopwatch.GetTimestamp();
        }
    }

    private static Descriptor Opened(int result, Descriptor? descriptor, string call) =>
        descriptor ?? throw new IOException($"{call} failed with errno {-result}; are this process's descriptors used up?");

    private long Dispatch(ulong slot, uint events, long start)
    {
        if (slot == WakeSlot || Slots.Find(slot) is not { } registration)
            return start;
        if (registration.Cost.IsLong)
        {
            _offload.Add(registration, events);
            return start;
        }

        if (_count == 1)
            _lone.Set(registration);
        return Charge(registration, registration.OnEvents(events), start);
    }

    private long CompletePolled(long start)
    {
        var registration = _polledFor;
        if (Interlocked.Exchange(ref _polled, null) is not { } operation)
            return start; // a successor was faster
        operation.Complete();
        return registration is null ? Stopwatch.GetTimestamp() : Charge(registration, ran: true, start);
    }

    private static long Charge(Registration registration, bool ran, long start)
    {
        long end = Stopwatch.GetTimestamp();
        if (ran)
        {
            // What it waited for its peer in between is not its own time, and each answer began another continuation.
            registration.Cost.Add((end - start - registration.InlineTicks) / (registration.InlinePolls + 1));
        }

        registration.InlinePolls = 0;
        registration.InlineTicks = 0;
        return end;
    }

    /// <inheritdoc cref="LoneDescriptor.MayPollInline"/>
    /// <remarks>And only for who leads.</remarks>
    public bool MayPollInline(Registration registration)
    {
        if (_budget.Budget == 0 || !IsLeading || !_posted.IsEmpty || !_lone.MayPollInline(registration))
            return false;
        Volatile.Write(ref _signsOfLife, _signsOfLife + 1);
        return true;
    }

    private int WaitForEvents()
    {
        if (!_posted.IsEmpty)
        {
            _polled = _lone.TryAway(out _polledFor);
            return LibcEpoll.Wait(Epoll, _batch, 0);
        }

        long start = Stopwatch.GetTimestamp();
        if (_budget.Budget > 0 && _lone.TryPoll(start + _budget.Budget, Epoll, _batch, _posted, out _polled, out int ready))
        {
            _polledFor = _lone.Registration;
            _budget.Succeeded();
            return ready;
        }

        _lone.Clear();
        Interlocked.Exchange(ref _sleeping, 1);
        int count = LibcEpoll.Wait(Epoll, _batch, _posted.IsEmpty ? -1 : 0);
        Volatile.Write(ref _sleeping, 0);
        _budget.Slept(Stopwatch.GetTimestamp() - start);
        return count;
    }
}
