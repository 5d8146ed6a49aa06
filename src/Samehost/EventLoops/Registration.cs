using System.Runtime.Intrinsics.X86;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// A descriptor's place in an event loop. It joins the loop when a call first has to wait, and leaves it before the descriptor is
/// closed. Edge-triggered: reading is armed once for good; writing only while a write waits, because each read of the
/// peer's would otherwise wake us.
/// </summary>
internal sealed class Registration
{
    private const uint Reading = LibcEpoll.EPOLLIN | LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLPRI | LibcEpoll.EPOLLET;
    private const uint Ended = LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR;
    private const uint Uncertain = Ended | LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLPRI;

    private enum Watched
    {
        No,
        ForReading,
        ForWriting,
    }

    private readonly Descriptor _descriptor;
    private readonly Lock _lock = new();
    private EventLoop? _loop;
    private volatile bool _added;
    private volatile bool _writingArmed;
    private volatile Watched _watched; // by the loop itself, while epoll is not asked to
    private bool _closed;
    private uint _offloaded;

    public Registration(Descriptor descriptor)
    {
        _descriptor = descriptor;
        Readers = new OperationQueue(this, writing: false);
        Writers = new OperationQueue(this, writing: true);
    }

    /// <summary>The loop it belongs to, chosen when first needed: blocking calls need none.</summary>
    public EventLoop Loop => Volatile.Read(ref _loop) ?? ChooseLoop();

    /// <summary>The loop it belongs to; null while none has been needed.</summary>
    public EventLoop? LoopIfChosen => Volatile.Read(ref _loop);

    public OperationQueue Readers { get; }

    /// <summary>Its number in the loop's table, with the generation.</summary>
    public ulong Slot { get; set; }

    public OperationQueue Writers { get; }

    /// <inheritdoc cref="EventLoop.MayPollInline"/>
    public bool MayPollInline => Volatile.Read(ref _loop) is { } loop && loop.MayPollInline(this);

    /// <summary>How long the continuations of this descriptor have taken lately.</summary>
    public ContinuationTiming Cost;

    /// <summary>How often the continuation that runs now has polled where it stood.</summary>
    public int InlinePolls;

    /// <summary>How long that took, in Stopwatch ticks.</summary>
    public long InlineTicks;

    /// <summary>Makes events reach the queues. A readiness that is there already is reported too. 0 or <c>-errno</c>.</summary>
    public int Arm(bool writing)
    {
        if (!X86Base.IsSupported)
            Interlocked.MemoryBarrier(); // the call's place in its queue before these looks; on x86 leaving the queue's lock sees to it
        if (_added && (!writing || _writingArmed))
            return 0;
        if (_watched == (writing ? Watched.ForWriting : Watched.ForReading))
            return 0;
        lock (_lock)
        {
            if (_closed)
                return 0; // the queues refuse and abandon what waits
            if (_watched != Watched.No)
                return Rejoin(writing);
            if (_added)
                return writing && !_writingArmed ? SetWritingArmed(true) : 0;

            Loop.Slots.Add(this);
            int result = LibcEpoll.Add(Loop.Epoll, _descriptor.Number, writing ? Reading | LibcEpoll.EPOLLOUT : Reading, Slot);
            if (result < 0)
            {
                Loop.Slots.Remove(this);
                return result;
            }

            _writingArmed = writing;
            _added = true;
            return 0;
        }
    }

    /// <summary>
    /// Leaves epoll for a while in which the loop itself looks whether the one direction that somebody waits for is ready. False when both
    /// have waiting calls.
    /// </summary>
    public bool TryLeave(bool writing)
    {
        lock (_lock)
        {
            if (_closed || !_added || !(writing ? Readers : Writers).IsEmpty)
                return false;
            // From here on a call of the other direction that comes to wait takes the lock, finds this, and has us rejoin; one that came
            // before, and may have relied on epoll, is seen below.
            bool wasArmed = _writingArmed;
            _watched = writing ? Watched.ForWriting : Watched.ForReading;
            _added = false;
            _writingArmed = false;
            Interlocked.MemoryBarrier();
            if ((writing ? Readers : Writers).IsEmpty)
            {
                _ = LibcEpoll.Remove(Loop.Epoll, _descriptor.Number);
                return true;
            }

            _watched = Watched.No;
            _writingArmed = wasArmed;
            _added = true;
            return false;
        }
    }

    /// <summary>Ends what <see cref="TryLeave"/> began, if that is still so. What is ready by now is reported as an event.</summary>
    public void Return()
    {
        lock (_lock)
        {
            if (!_closed && _watched != Watched.No)
                _ = Rejoin(writing: false);
        }
    }

    /// <summary>Leaves the loop and gives up all waiting calls; after it the descriptor may be closed.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            _loop?.Leave();
            if (_added)
                _ = LibcEpoll.Remove(Loop.Epoll, _descriptor.Number);
            if (_added || _watched != Watched.No)
                Loop.Slots.Remove(this);
        }

        Readers.Close();
        Writers.Close();
    }

    /// <summary>
    /// Carries out the read that waits, if that is all that the events are about. The caller completes it; there may be none, or nothing to
    /// read any more.
    /// </summary>
    public bool TryBegin(uint events, out PendingOperation? operation)
    {
        bool onlyRead = events == LibcEpoll.EPOLLIN;
        operation = onlyRead ? Readers.Begin() : null;
        return onlyRead;
    }

    /// <summary>Serves what epoll reported, on the calling thread.</summary>
    /// <returns>True when a continuation ran, so that the time that was taken says something about it.</returns>
    public bool OnEvents(uint events)
    {
        bool ran = false;
        bool read = (events & (LibcEpoll.EPOLLIN | Uncertain)) != 0;
        if ((events & (LibcEpoll.EPOLLOUT | Ended)) != 0)
        {
            if (Writers.IsEmpty && TryDisarmWriting())
            {
                // nobody writes
            }
            else if (read)
                Loop.Post(Writers); // neither direction waits for the other's continuation
            else
                ran = Writers.Signal();
        }

        return (read && Readers.Signal((events & Uncertain) != 0)) || ran;
    }

    /// <summary>Adds events for another thread to serve; true when it has to be told.</summary>
    public bool Offload(uint events) => Interlocked.Or(ref _offloaded, events) == 0;

    /// <summary>Serves the offloaded events.</summary>
    /// <returns>True when a continuation ran.</returns>
    public bool ServeOffloaded() => OnEvents(Interlocked.Exchange(ref _offloaded, 0));

    private EventLoop ChooseLoop()
    {
        lock (_lock)
        {
            if (_loop is not null)
                return _loop;
            var loop = EventLoopGroup.Next();
            if (!_closed)
                loop.Join();
            Volatile.Write(ref _loop, loop);
            return loop;
        }
    }

    /// <summary>
    /// False when a write was queued meanwhile: it may rely on what was armed, and on the very event that brought us here.
    /// </summary>
    private bool TryDisarmWriting()
    {
        lock (_lock)
        {
            if (_closed || !_writingArmed)
                return true;
            _writingArmed = false;
            Interlocked.MemoryBarrier();
            // A write queued before this look is seen by it; one queued after it finds writing disarmed and waits for this lock.
            if (Writers.IsEmpty)
            {
                _ = SetWritingArmed(false);
                return true;
            }

            _writingArmed = true;
            return false;
        }
    }

    /// <summary>Back to epoll, under the lock. Without it nobody would look for the calls that wait, so they end if it fails.</summary>
    private int Rejoin(bool writing)
    {
        writing |= _watched == Watched.ForWriting;
        _watched = Watched.No;
        int result = LibcEpoll.Add(Loop.Epoll, _descriptor.Number, writing ? Reading | LibcEpoll.EPOLLOUT : Reading, Slot);
        if (result < 0)
        {
            Loop.Slots.Remove(this);
            Readers.GiveUpAll(result);
            Writers.GiveUpAll(result);
            return result;
        }

        _writingArmed = writing;
        _added = true;
        return 0;
    }

    private int SetWritingArmed(bool armed)
    {
        int result = LibcEpoll.Modify(Loop.Epoll, _descriptor.Number, armed ? Reading | LibcEpoll.EPOLLOUT : Reading, Slot);
        if (result >= 0)
            _writingArmed = armed;
        return result;
    }
}
