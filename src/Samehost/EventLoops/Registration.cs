using System.Runtime.Intrinsics.X86;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// A descriptor with its place in an event loop and the queues of the operations that wait for it. It is added to epoll when a call first
/// has to wait, and removed before the descriptor is closed. Edge-triggered: reading is armed once; writing only while a write waits, since
/// each read of the peer's would wake the loop otherwise.
/// </summary>
internal class Registration(int fd) : Descriptor(fd), IThreadPoolWorkItem
{
    private const uint Reading = LibcEpoll.EPOLLIN | LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLPRI | LibcEpoll.EPOLLET;
    private const uint Ended = LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR;
    private const uint Uncertain = Ended | LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLPRI;

    // After this number of calls in a row without waiting a handler yields to the others of its event loop: a client that floods must not
    // delay them by more than some tens of microseconds at a time.
    private const int CallsBeforeYield = 16;

    private EventLoop? _loop;
    private uint _offloaded;
    private int _posted; // the queues that are posted to the loop
    private volatile bool _added;
    private volatile bool _writingArmed;
    private volatile QueueKind _polled; // the queue that the loop polls itself while the descriptor is not in epoll
    private volatile bool _disposed;

    /// <summary>The operations that wait for something to read, or to accept.</summary>
    public OperationQueue Readers = new(QueueKind.Read);

    /// <summary>The operations that wait for room to write.</summary>
    public OperationQueue Writers = new(QueueKind.Write);

    /// <summary>How long the continuations of this descriptor have taken lately.</summary>
    public ContinuationTiming Timing;

    /// <summary>The number of calls since the last event that did not have to wait, in both directions; an estimate, since they have a lock
    /// each.</summary>
    public int CallsWithoutWaiting;

    /// <summary>The number of polls in place by the continuation that runs now.</summary>
    public int InlinePolls;

    /// <summary>How long it has waited for its peer in place, in Stopwatch ticks.</summary>
    public long InlineTicks;

    /// <summary>The loop it belongs to, chosen when first needed: blocking calls need none.</summary>
    public EventLoop Loop => Volatile.Read(ref _loop) ?? ChooseLoop();

    /// <summary>The loop it belongs to; null while none has been needed.</summary>
    public EventLoop? LoopIfChosen => Volatile.Read(ref _loop);

    /// <summary>Its number in the loop's table, with the generation.</summary>
    public ulong Slot { get; set; }

    /// <summary>True from the beginning of <see cref="IDisposable.Dispose"/> on.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>Whether a new call has to yield to other descriptors of the event loop although it could be tried.</summary>
    public bool MustYield => CallsWithoutWaiting >= CallsBeforeYield && EventLoop.IsCurrentThread;

    /// <inheritdoc cref="EventLoop.MayPollInline"/>
    public bool MayPollInline => Volatile.Read(ref _loop) is { } loop && loop.MayPollInline(this);

    // What follows is changed under the lock of the read queue, which may be taken before that of the write queue, but not after it.
    private Lock StateLock => Readers.Lock;

    /// <summary>The error of a call on a closed descriptor.</summary>
    public static ObjectDisposedException Disposed() => new(null, "The socket is closed.");

    /// <summary>The error of a call that cannot wait since epoll has refused the descriptor.</summary>
    public static IOException NotArmed(int errno) =>
        new($"epoll_ctl failed with errno {-errno}; is fs.epoll.max_user_watches exhausted?");

    /// <summary>Starts counting calls and polls anew, for the continuation of the operation that is carried out now.</summary>
    public void StartCounting()
    {
        CallsWithoutWaiting = 0;
        InlinePolls = 0;
        InlineTicks = 0;
    }

    /// <summary>Has the loop serve a queue as if an event had come.</summary>
    public void Post(QueueKind queue)
    {
        if ((Interlocked.Or(ref _posted, (int)queue) & (int)queue) == 0)
            Loop.Post(this);
    }

    /// <summary>Serves a queue that was posted; each post of one queue is one execution.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var posted = Volatile.Read(ref _posted);
        while (posted != 0)
        {
            var next = posted & -posted;
            var seen = Interlocked.CompareExchange(ref _posted, posted & ~next, posted);
            if (seen == posted)
            {
                Signal(ref next == (int)QueueKind.Read ? ref Readers : ref Writers);
                return;
            }

            posted = seen;
        }
    }

    /// <summary>Arms the descriptor for an operation that was queued. Where that fails, the operation ends with the error.</summary>
    public void WaitFor(PendingOperation operation)
    {
        var writing = operation.Queue == QueueKind.Write;
        try
        {
            if (Arm(writing) is < 0 and var errno)
                QueueOf(writing).Abandon(operation, NotArmed(errno), default);
        }
#pragma warning disable CA1031 // thrown from here it would leave the operation in the queue
        catch (Exception e)
#pragma warning restore CA1031
        {
            QueueOf(writing).Abandon(operation, e, default); // no loop could be made, for want of descriptors or memory
        }
    }

    /// <summary>Ends an operation that still waits, after a cancellation.</summary>
    public void Cancel(PendingOperation operation, CancellationToken cancellationToken)
    {
        QueueOf(operation.Queue == QueueKind.Write).Abandon(
            operation, new OperationCanceledException(cancellationToken), cancellationToken);
    }

    /// <summary>Has epoll report events from now on, and readiness that precedes the call too. Returns 0 or <c>-errno</c>.</summary>
    public int Arm(bool writing)
    {
        if (!X86Base.IsSupported)
            Interlocked.MemoryBarrier(); // the call's place in its queue before these looks; on x86 leaving the queue's lock sees to it
        if (_added && (!writing || _writingArmed))
            return 0;
        if (_polled == (writing ? QueueKind.Write : QueueKind.Read))
            return 0;
        lock (StateLock)
        {
            if (_disposed)
                return 0; // the queues refuse and abandon what waits
            if (_polled != QueueKind.None)
                return Rejoin(writing);
            if (_added)
                return writing && !_writingArmed ? SetWritingArmed(true) : 0;

            Loop.Table.Add(this);
            var result = LibcEpoll.Add(Loop.Epoll, Number, writing ? Reading | LibcEpoll.EPOLLOUT : Reading, Slot);
            if (result < 0)
            {
                Loop.Table.Remove(this);
                return result;
            }

            _writingArmed = writing;
            _added = true;
            return 0;
        }
    }

    /// <summary>
    /// Leaves epoll while the loop polls the one direction for which operations wait. False when they wait for both.
    /// </summary>
    public bool TryLeaveEpoll(bool writing)
    {
        lock (StateLock)
        {
            if (_disposed || !_added || !QueueOf(!writing).IsEmpty)
                return false;
            // From here on a call of the other direction that has to wait takes the lock, finds this, and rejoins; one that came before,
            // and may have relied on epoll, is seen below.
            var wasArmed = _writingArmed;
            _polled = writing ? QueueKind.Write : QueueKind.Read;
            _added = false;
            _writingArmed = false;
            Interlocked.MemoryBarrier();
            if (QueueOf(!writing).IsEmpty)
            {
                _ = LibcEpoll.Remove(Loop.Epoll, Number);
                return true;
            }

            _polled = QueueKind.None;
            _writingArmed = wasArmed;
            _added = true;
            return false;
        }
    }

    /// <summary>Ends what <see cref="TryLeaveEpoll"/> began, if it has not ended yet. What is ready by now is reported as an
    /// event.</summary>
    public void ReturnToEpoll()
    {
        lock (StateLock)
        {
            if (!_disposed && _polled != QueueKind.None)
                _ = Rejoin(writing: false);
        }
    }

    /// <summary>Leaves the loop and abandons what waits, then closes the descriptor.</summary>
    protected override void Dispose(bool disposing)
    {
        Leave();
        base.Dispose(disposing);
    }

    /// <summary>Called once, with the state lock held, when disposal begins.</summary>
    protected virtual void OnDisposing()
    {
    }

    private void Leave()
    {
        lock (StateLock)
        {
            if (_disposed)
                return;
            _disposed = true;
            OnDisposing();
            _loop?.RemoveDescriptor();
            if (_added)
                _ = LibcEpoll.Remove(Loop.Epoll, Number);
            if (_added || _polled != QueueKind.None)
                Loop.Table.Remove(this);
        }

        Readers.Close();
        Writers.Close();
    }

    /// <summary>
    /// Carries out the first read operation, if the events are about nothing else. The caller completes it; null where none waits, or where
    /// nothing is left to read.
    /// </summary>
    public bool TryBegin(uint events, out PendingOperation? operation)
    {
        var onlyRead = events == LibcEpoll.EPOLLIN;
        operation = onlyRead ? Readers.Begin(this) : null;
        return onlyRead;
    }

    /// <summary>Serves what epoll reported, on the calling thread.</summary>
    /// <returns>Whether a continuation ran, to which the elapsed time is to be attributed.</returns>
    public bool OnEvents(uint events)
    {
        var ran = false;
        var read = (events & (LibcEpoll.EPOLLIN | Uncertain)) != 0;
        if ((events & (LibcEpoll.EPOLLOUT | Ended)) != 0)
        {
            if (Writers.IsEmpty && TryDisarmWriting())
            {
                // no operation waits to write
            }
            else if (read)
            {
                Post(QueueKind.Write); // neither direction waits for the other's continuation
            }
            else
            {
                ran = Signal(ref Writers);
            }
        }

        return (read && Signal(ref Readers, (events & Uncertain) != 0)) || ran;
    }

    /// <summary>Adds events for another thread to serve; true when none were left to serve before.</summary>
    public bool Offload(uint events) => Interlocked.Or(ref _offloaded, events) == 0;

    /// <summary>Serves the offloaded events.</summary>
    /// <returns>Whether a continuation ran.</returns>
    public bool ServeOffloaded() => OnEvents(Interlocked.Exchange(ref _offloaded, 0));

    private ref OperationQueue QueueOf(bool writing) => ref writing ? ref Writers : ref Readers;

    private bool Signal(ref OperationQueue queue, bool uncertain = false)
    {
        if (queue.Begin(this, uncertain) is not { } operation)
            return false;
        operation.Complete();
        return true;
    }

    private EventLoop ChooseLoop()
    {
        lock (StateLock)
        {
            if (_loop is not null)
                return _loop;
            var loop = EventLoopGroup.Next();
            if (!_disposed)
                loop.AddDescriptor();
            Volatile.Write(ref _loop, loop);
            return loop;
        }
    }

    /// <summary>
    /// False when a write was queued meanwhile: it may rely on what was armed, and on the event that is being served.
    /// </summary>
    private bool TryDisarmWriting()
    {
        lock (StateLock)
        {
            if (_disposed || !_writingArmed)
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

    /// <summary>Returns to epoll, under the lock. Where that fails the waiting operations end with the error.</summary>
    private int Rejoin(bool writing)
    {
        writing |= _polled == QueueKind.Write;
        _polled = QueueKind.None;
        var result = LibcEpoll.Add(Loop.Epoll, Number, writing ? Reading | LibcEpoll.EPOLLOUT : Reading, Slot);
        if (result < 0)
        {
            Loop.Table.Remove(this);
            Readers.Fail(result);
            Writers.Fail(result);
            return result;
        }

        _writingArmed = writing;
        _added = true;
        return 0;
    }

    private int SetWritingArmed(bool armed)
    {
        var result = LibcEpoll.Modify(Loop.Epoll, Number, armed ? Reading | LibcEpoll.EPOLLOUT : Reading, Slot);
        if (result >= 0)
            _writingArmed = armed;
        return result;
    }
}
