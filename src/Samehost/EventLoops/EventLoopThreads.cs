using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// The threads of an event loop, by the leader/followers pattern: one leads, one is the watchdog, and those that return from a continuation
/// that blocked them are followers. A leader that the watchdog finds in the same continuation on two ticks is replaced: the watchdog leads
/// in its place, with the rest of the batch, and a follower becomes the watchdog.
/// </summary>
/// <remarks>The watchdog ticks only while there is activity.</remarks>
internal sealed class EventLoopThreads
{
    private const int MaxFollowers = 2;
    private const int QuietTicksToPark = 10;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(10);

    // One handler that blocks is often followed by more, and then the others wait for as long as the watchdog takes to notice.
    private const int ShortTicks = 100;
    private static readonly TimeSpan ShortTick = TimeSpan.FromMicroseconds(100);

    private static ExecutionContext? _initialContext; // that of a new thread

    private readonly EventLoop _loop;
    private readonly OffloadQueue _offload;
    private readonly Descriptor _wake;
    private readonly object _lock = new(); // with Monitor.Wait and Pulse
    private int _followers;
    private int _promoted;
    private volatile bool _isWatchdogMissing; // changed under the lock
    private int _watchdogsStarting;
    private Timer? _retry; // while the watchdog is missing
    private int _parked;

    public EventLoopThreads(EventLoop loop, OffloadQueue offload)
    {
        _loop = loop;
        _offload = offload;
        if (LibcEventFd.Create(out var wake) is < 0 and var errno)
            throw new IOException($"eventfd failed with errno {-errno}; are this process's descriptors used up?");
        _wake = wake!;
    }

    /// <summary>Starts the leader and the watchdog, which may be missing until a thread can be started for it.</summary>
    /// <exception cref="IOException">No thread can be started for the leader.</exception>
    public void Start()
    {
        if (!TryStart(() => Serve(leads: true, shortTicks: 0), "samehost loop"))
            throw new IOException("No thread can be started for the event loop; are descriptors or memory used up?");
        lock (_lock)
            _isWatchdogMissing = true;
        TryStartWatchdog();
    }

    /// <summary>Starts the watchdog, where no thread could be started when it was needed.</summary>
    public void EnsureWatchdog()
    {
        if (_isWatchdogMissing)
            TryStartWatchdog();
    }

    /// <summary>Whether a blocked leader would not be noticed, since no thread could be started for the watchdog.</summary>
    public bool IsWatchdogMissing => _isWatchdogMissing;

    public void Dispose() => _wake.Dispose();

    /// <summary>Makes the watchdog tick again where it is parked. The caller has just passed a full fence.</summary>
    public void WakeWatchdog()
    {
        if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
            LibcEventFd.Signal(_wake);
    }

    /// <summary>Whether it is an exception that starting a thread throws when descriptors or memory are used up.</summary>
    public static bool IsStartFailure(Exception e) => e is OutOfMemoryException or ThreadStartException;

    /// <summary>Removes the AsyncLocals and the SynchronizationContext that a continuation may have left on the thread, and that the next
    /// one must not see.</summary>
    public static void ResetContext()
    {
        if (SynchronizationContext.Current is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        ExecutionContext.Restore(_initialContext!);
    }

#if DEBUG
    /// <summary>Lets a test make the start of a thread fail.</summary>
    public static Func<bool>? MayStart { get; set; }
#endif

    // Not in the context of the caller, whose AsyncLocals the handlers must not see.
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

    private void Serve(bool leads, int shortTicks)
    {
        long term = 0; // that of the first leader
        while (true)
        {
            if (leads)
            {
                _loop.Lead(term);
                leads = false;
                shortTicks = ShortTicks; // a leader has been replaced, which is why a thread becomes the watchdog from now on
                if (!Follow())
                    return;
            }
            else
            {
                term = Watch(shortTicks);
                PromoteFollower();
                leads = true;
            }
        }
    }

    /// <summary>Ticks as the watchdog until the leader has to be replaced; returns the term of the caller, who leads from now on.</summary>
    private long Watch(int shortTicks)
    {
        var seen = _loop.State.Current;
        var polls = _loop.InlinePolls;
        var served = _offload.Served;
        var quiet = 0;
        while (true)
        {
            LibcPoll.Wait(_wake, 0, null, shortTicks > 0 ? ShortTick : Tick);
            shortTicks--;
            var now = _loop.State.Current;
            var pollsNow = _loop.InlinePolls;
            if (now != seen || pollsNow != polls)
            {
                quiet = 0;
            }
            else if (LeaderState.IsRunning(now))
            {
                LibcSched.Yield(); // a leader that is not blocked, but waits for a processor, continues now
                if (_loop.InlinePolls == polls && _loop.State.TryReplace(now))
                    return LeaderState.Term(_loop.State.Current);
            }
            else
            {
                quiet++;
            }

            seen = now;
            polls = pollsNow;
            ServeOffloaded(ref served, ref quiet);
            if (quiet >= QuietTicksToPark)
            {
                Park(seen);
                quiet = 0;
            }
        }
    }

    /// <summary>Serves offloaded descriptors where the thread pool has served none since the last tick.</summary>
    private void ServeOffloaded(ref long served, ref int quiet)
    {
        var now = _offload.Served;
        if (!_offload.IsEmpty)
        {
            quiet = 0;
            if (now == served && !TryStart(_offload.ServeAll, "samehost handlers"))
                _loop.Post(_offload); // the leader serves them instead, one at a time
        }

        served = now;
    }

    private void Park(long seen)
    {
        Interlocked.Exchange(ref _parked, 1);
        if (_loop.State.Current == seen)
            LibcPoll.Wait(_wake, LibcPoll.POLLIN, null, LibcPoll.Forever);
        Volatile.Write(ref _parked, 0);
        LibcEventFd.Clear(_wake);
    }

    private void PromoteFollower()
    {
        lock (_lock)
        {
            if (_followers > 0)
            {
                _followers--;
                _promoted++;
                Monitor.Pulse(_lock);
                return;
            }

            // Noted before a thread is started: the next one is the watchdog, be it that thread or one that returns from a continuation.
            _isWatchdogMissing = true;
        }

        TryStartWatchdog();
    }

    private void TryStartWatchdog()
    {
        lock (_lock)
        {
            if (!_isWatchdogMissing || _watchdogsStarting > 0)
                return;
            _watchdogsStarting++;
        }

        var started = TryStart(BecomeWatchdog, "samehost loop");
        lock (_lock)
        {
            if (!started)
                _watchdogsStarting--;
            if (_isWatchdogMissing && !started)
                _retry ??= StartRetrying();
        }
    }

    /// <summary>Retries now and then. The leader and each post retry at once; this is for a leader that is blocked while nothing is
    /// posted.</summary>
    private Timer? StartRetrying()
    {
        try
        {
            return new Timer(static threads => ((EventLoopThreads)threads!).EnsureWatchdog(), this, RetryEvery, RetryEvery);
        }
        catch (Exception e) when (IsStartFailure(e))
        {
            return null;
        }
    }

    private void BecomeWatchdog()
    {
        lock (_lock)
            _watchdogsStarting--;
        if (Follow())
            Serve(leads: false, ShortTicks);
    }

    /// <summary>Waits as a follower until it is to be the watchdog; false when there are followers enough.</summary>
    private bool Follow()
    {
        lock (_lock)
        {
            if (_isWatchdogMissing)
            {
                _isWatchdogMissing = false;
                _retry?.Dispose();
                _retry = null;
                return true;
            }

            if (_followers >= MaxFollowers)
                return false;
            _followers++;
            while (_promoted == 0)
                Monitor.Wait(_lock);
            _promoted--;
            return true;
        }
    }
}
