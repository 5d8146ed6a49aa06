using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// The threads of one loop: one leads, one watches it, and those that come back from a continuation that held them up stand by.
/// The watch ticks only while there is activity; a leader found in the same continuation on two ticks is deposed and the
/// watch leads in its place, with the rest of the batch.
/// </summary>
internal sealed class EventLoopThreads
{
    private const int MostSpares = 2;
    private const int QuietTicksToPark = 10;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(10);

    // One handler that blocks is often followed by more, and then what the others wait is what the watch takes to notice.
    private const int EagerTicks = 100;
    private static readonly TimeSpan EagerTick = TimeSpan.FromMicroseconds(100);

    private static ExecutionContext? _initialContext; // a new thread's

    private readonly EventLoop _loop;
    private readonly OffloadQueue _offload;
    private readonly Descriptor _bell;
    private readonly object _lock = new();
    private int _spares;
    private int _called;
    private volatile bool _watchIsMissing; // changed under the lock
    private int _watchesStarting; // threads on their way to be the watch
    private Timer? _retry; // while the watch is missing
    private int _parked;

    public EventLoopThreads(EventLoop loop, OffloadQueue offload)
    {
        _loop = loop;
        _offload = offload;
        if (LibcEventFd.Create(out var bell) is < 0 and var errno)
            throw new IOException($"eventfd failed with errno {-errno}; are this process's descriptors used up?");
        _bell = bell!;
    }

    /// <summary>Sets the first two threads to work. Without the second, until it can be started, the first is not watched.</summary>
    /// <exception cref="IOException">Not even one thread can be started.</exception>
    public void Start()
    {
        if (!TryStart(() => Serve(leads: true, eager: 0), "samehost loop"))
            throw new IOException("No thread can be started for the event loop; are descriptors or memory used up?");
        lock (_lock)
            _watchIsMissing = true;
        TryStartWatch();
    }

    /// <summary>Starts the watch, should there be none because no thread could be started when it was needed.</summary>
    public void EnsureWatch()
    {
        if (_watchIsMissing)
            TryStartWatch();
    }

    /// <summary>True while a held-up leader would not be noticed: no thread could be started for the watch.</summary>
    public bool IsWatchMissing => _watchIsMissing;

    public void Dispose() => _bell.Dispose();

    /// <summary>Has the watch tick again, should it have stopped. The caller has just passed a full fence.</summary>
    public void WakeWatch()
    {
        if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
            LibcEventFd.Signal(_bell);
    }

    /// <summary>True for what starting a thread throws when descriptors or memory are used up.</summary>
    public static bool IsStartFailure(Exception e) => e is OutOfMemoryException or ThreadStartException;

    /// <summary>Makes the thread as it was when it started: a continuation may have left its AsyncLocals and its
    /// SynchronizationContext behind, which are no business of the next one's.</summary>
    public static void ResetContext()
    {
        if (SynchronizationContext.Current is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        ExecutionContext.Restore(_initialContext!);
    }

#if DEBUG
    /// <summary>Lets a test have the start of a thread fail.</summary>
    public static Func<bool>? MayStart { get; set; }
#endif

    // Not in the context of the caller: its AsyncLocals are no business of the handlers'.
    private static bool TryStart(ThreadStart body, string name)
    {
#if DEBUG
        if (MayStart is { } may && !may())
            return false;
#endif
        try
        {
            new Thread(Body) { IsBackground = true, Name = name }.UnsafeStart();
            return true;
        }
        catch (Exception e) when (IsStartFailure(e))
        {
            return false;
        }

        void Body()
        {
            _initialContext ??= ExecutionContext.Capture();
            body();
        }
    }

    private void Serve(bool leads, int eager)
    {
        long term = 0; // the first leader's
        while (true)
        {
            if (leads)
            {
                _loop.Lead(term);
                leads = false;
                eager = EagerTicks; // who comes to watch from now on does so because a leader was deposed
                if (!StandBy())
                    return;
            }
            else
            {
                term = Watch(eager);
                CallNextWatch();
                leads = true;
            }
        }
    }

    /// <summary>Ticks until the leader has to be replaced; returns the new term, which is the caller's.</summary>
    private long Watch(int eager)
    {
        long seen = _loop.Cursor.Now;
        int life = _loop.SignsOfLife;
        long served = _offload.Served;
        int quiet = 0;
        while (true)
        {
            LibcPoll.Wait(_bell, 0, null, eager > 0 ? EagerTick : Tick);
            eager--;
            long now = _loop.Cursor.Now;
            int signs = _loop.SignsOfLife;
            if (now != seen || signs != life)
                quiet = 0;
            else if (LeaderState.IsRunning(now))
            {
                if (_loop.Cursor.TryDepose(now))
                    return LeaderState.Term(_loop.Cursor.Now);
            }
            else
            {
                quiet++;
            }

            seen = now;
            life = signs;
            RescueOffloaded(ref served, ref quiet);
            if (quiet >= QuietTicksToPark)
            {
                Park(seen);
                quiet = 0;
            }
        }
    }

    private void RescueOffloaded(ref long served, ref int quiet)
    {
        long now = _offload.Served;
        if (!_offload.IsEmpty)
        {
            quiet = 0;
            if (now == served && !TryStart(_offload.ServeAll, "samehost handlers"))
                _loop.Post(_offload); // the leader, then, one at a time
        }

        served = now;
    }

    private void Park(long seen)
    {
        Interlocked.Exchange(ref _parked, 1);
        if (_loop.Cursor.Now == seen)
            LibcPoll.Wait(_bell, LibcPoll.POLLIN, null, LibcPoll.Forever);
        Volatile.Write(ref _parked, 0);
        LibcEventFd.Clear(_bell);
    }

    private void CallNextWatch()
    {
        lock (_lock)
        {
            if (_spares > 0)
            {
                _spares--;
                _called++;
                Monitor.Pulse(_lock);
                return;
            }

            // Noted before a thread is started: the next to come watches, be it that one or one that comes back from what held it up.
            _watchIsMissing = true;
        }

        TryStartWatch();
    }

    private void TryStartWatch()
    {
        lock (_lock)
        {
            if (!_watchIsMissing || _watchesStarting > 0)
                return;
            _watchesStarting++;
        }

        bool started = TryStart(BecomeWatch, "samehost loop");
        lock (_lock)
        {
            if (!started)
                _watchesStarting--;
            if (_watchIsMissing && !started)
                _retry ??= StartRetrying();
        }
    }

    /// <summary>The leader and all who post retry at once. This is for when the leader is held up as well and nothing is posted.</summary>
    private Timer? StartRetrying()
    {
        try
        {
            return new Timer(static crew => ((EventLoopThreads)crew!).EnsureWatch(), this, RetryEvery, RetryEvery);
        }
        catch (Exception e) when (IsStartFailure(e))
        {
            return null;
        }
    }

    private void BecomeWatch()
    {
        lock (_lock)
            _watchesStarting--;
        if (StandBy())
            Serve(leads: false, EagerTicks);
    }

    /// <summary>Waits to become the watch; false when there are spare threads enough.</summary>
    private bool StandBy()
    {
        lock (_lock)
        {
            if (_watchIsMissing)
            {
                _watchIsMissing = false;
                _retry?.Dispose();
                _retry = null;
                return true;
            }

            if (_spares >= MostSpares)
                return false;
            _spares++;
            while (_called == 0)
                Monitor.Wait(_lock);
            _called--;
            return true;
        }
    }
}
