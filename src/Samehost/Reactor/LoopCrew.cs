using Samehost.Interop;

namespace Samehost.Reactor;

/// <summary>
/// The threads of one loop: one leads, one watches it, and those that come back from a continuation that held them up stand by.
/// The watch ticks only while there is activity; a leader found in the same continuation on two ticks is deposed and the
/// watch leads in its place, with the rest of the batch.
/// </summary>
internal sealed class LoopCrew
{
    private const int MostSpares = 2;
    private const int QuietTicksToPark = 10;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    // One handler that blocks is often followed by more, and then what the others wait is what the watch takes to notice.
    private const int EagerTicks = 100;
    private static readonly TimeSpan EagerTick = TimeSpan.FromMicroseconds(100);

    private readonly EventLoop _loop;
    private readonly OffloadQueue _offload;
    private readonly Descriptor _bell;
    private readonly object _lock = new();
    private int _spares;
    private int _called;
    private bool _watchIsMissing;
    private int _parked;

    public LoopCrew(EventLoop loop, OffloadQueue offload)
    {
        _loop = loop;
        _offload = offload;
        if (LibcEventFd.Create(out var bell) is < 0 and var errno)
            throw new IOException($"eventfd failed with errno {-errno}; are this process's descriptors used up?");
        _bell = bell!;
    }

    /// <summary>Sets the first two threads to work.</summary>
    public void Start()
    {
        Start(() => Serve(leads: true, eager: 0), "samehost loop");
        Start(() => Serve(leads: false, eager: 0), "samehost loop");
    }

    /// <summary>Has the watch tick again, should it have stopped. The caller has just passed a full fence.</summary>
    public void WakeWatch()
    {
        if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
            LibcEventFd.Signal(_bell);
    }

    // Not in the context of whoever came here first: its AsyncLocals are no business of the handlers'.
    private static void Start(ThreadStart body, string name) => new Thread(body) { IsBackground = true, Name = name }.UnsafeStart();

    /// <summary>For threads that can be done without for a while. The runtime needs descriptors and memory to start one.</summary>
    private static bool TryStart(ThreadStart body, string name)
    {
        try
        {
            Start(body, name);
            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return false;
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
            else if (LoopCursor.IsRunning(now))
            {
                if (_loop.Cursor.TryDepose(now))
                    return LoopCursor.Term(_loop.Cursor.Now);
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
            if (now == served)
                TryStart(_offload.ServeAll, "samehost handlers"); // otherwise on the next tick
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
        }

        if (TryStart(() => Serve(leads: false, EagerTicks), "samehost loop"))
            return;
        lock (_lock)
            _watchIsMissing = true; // the next to come back from what held it up watches
    }

    /// <summary>Waits to become the watch; false when there are spare threads enough.</summary>
    private bool StandBy()
    {
        lock (_lock)
        {
            if (_watchIsMissing)
            {
                _watchIsMissing = false;
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
