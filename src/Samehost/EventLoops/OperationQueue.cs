using System.Diagnostics;
using Samehost.Interop;

namespace Samehost.EventLoops;

/// <summary>
/// The calls waiting for one direction of one descriptor, in the order in which they came. Its lock is held during the
/// (non-blocking) system calls of that direction, so an event cannot slip between a call's EAGAIN and its place in the queue.
/// </summary>
internal sealed class OperationQueue : IThreadPoolWorkItem
{
    // So many calls in a row that did not have to wait, and a handler has to let the others of its loop have a turn: a client that
    // floods must not cost them more than some tens of microseconds each time.
    private const int TurnLength = 16;

    private static readonly long InlinePoll = Stopwatch.Frequency / 1_000_000 * 20;

    private readonly Registration _registration;
    private readonly bool _writing;
    private PendingOperation? _head;
    private PendingOperation? _tail;
    private bool _drained; // nothing to be had since the last event: a try would end in EAGAIN
    private bool _uncertain; // hang-up, error or urgent data seen: a short read proves nothing any more
    private bool _closed;
    private int _turn;

    public OperationQueue(Registration registration, bool writing)
    {
        _registration = registration;
        _writing = writing;
    }

    /// <summary>How many calls since the last event did not have to wait; an estimate, read without the lock.</summary>
    public int Turn => _turn;

    public bool IsEmpty => Volatile.Read(ref _head) is null;

    /// <summary>Carries the call out now, or queues it until the descriptor is ready.</summary>
    public ValueTask<T> Run<T>(PendingOperation<T> operation, CancellationToken token) =>
        RunNow(operation, token) ? operation.TakeNow() : new ValueTask<T>(operation, operation.Version);

    public ValueTask RunWithoutResult<T>(PendingOperation<T> operation, CancellationToken token) =>
        RunNow(operation, token) ? operation.TakeNowWithoutResult() : new ValueTask(operation, operation.Version);

    /// <summary>The descriptor may be ready: carries out the first call, and has another turn taken for those behind it.</summary>
    /// <returns>True when a continuation ran.</returns>
    public bool Signal(bool uncertain = false)
    {
        if (Begin(uncertain) is not { } operation)
            return false;
        operation.Complete();
        return true;
    }

    /// <summary><see cref="Signal"/> without the continuation: the caller completes what is returned.</summary>
    public PendingOperation? Begin(bool uncertain = false)
    {
        PendingOperation? operation;
        bool performed;
        bool more = false;
        lock (this)
        {
            _drained = false;
            _uncertain |= uncertain;
            _turn = 0;
            operation = _head;
            if (operation is null)
                return null;
            performed = TryPerform(operation);
            if (performed)
            {
                Remove(operation);
                more = _head is not null;
            }
        }

        if (!performed)
        {
            WaitFor(operation); // a call that gave way may come here without having been armed
            return null;
        }

        // Posted before the continuation runs: should that take long, another thread serves the rest.
        if (more)
            _registration.Loop.Post(this);
        return operation;
    }

    /// <summary>
    /// Carries out the first call without an event, if that is possible now. The caller completes it.
    /// </summary>
    public PendingOperation? TryPoll()
    {
        lock (this)
        {
            if (_head is not { } operation || !TryPerform(operation))
                return null;
            Remove(operation);
            if (_head is not null)
                _registration.Loop.Post(this);
            return operation;
        }
    }

    void IThreadPoolWorkItem.Execute() => Signal();

    /// <summary>Gives up all that waits and refuses what is still to come.</summary>
    public void Close()
    {
        lock (this)
        {
            _closed = true;
            while (_head is { } operation)
            {
                Remove(operation);
                operation.Abandon(Closed());
            }
        }
    }

    /// <summary>Gives up all that waits, because epoll refused the descriptor.</summary>
    public void GiveUpAll(int errno)
    {
        lock (this)
        {
            while (_head is { } operation)
            {
                Remove(operation);
                operation.Abandon(Unarmed(errno));
            }
        }
    }

    private bool RunNow<T>(PendingOperation<T> operation, CancellationToken token) =>
        (_registration.MayPollInline && PollInline(operation, token)) || PerformOrQueue(operation, token);

    /// <summary>Tries, and looks again and again for a moment, in the expectation that the peer answers at once.</summary>
    private bool PollInline<T>(PendingOperation<T> operation, CancellationToken token)
    {
        bool found = false;
        if (!_drained && !TryInline(operation, token, out found))
            return false;
        if (found)
            return true;

        long start = Stopwatch.GetTimestamp(), now;
        do
        {
            // On one processor the peer has its turn now, however long that takes; so there is always a look afterwards.
            LibcSched.Yield();
            if (!TryInline(operation, token, out found))
                return false;
            now = Stopwatch.GetTimestamp();
        }
        while (!found && now - start < InlinePoll);
        _registration.InlineTicks += now - start;
        return found;
    }

    /// <summary>False when it is not its turn, or its time is over.</summary>
    private bool TryInline(PendingOperation operation, CancellationToken token, out bool performed)
    {
        lock (this)
        {
            performed = false;
            if (_closed || token.IsCancellationRequested || _head is not null)
                return false;
            performed = TryPerform(operation);
            return true;
        }
    }

    /// <summary>True when it was carried out, or refused.</summary>
    private bool PerformOrQueue<T>(PendingOperation<T> operation, CancellationToken token)
    {
        bool giveWay = false;
        lock (this)
        {
            if (_closed || token.IsCancellationRequested)
            {
                operation.SetOutcome(_closed ? Closed() : new OperationCanceledException(token));
                return true;
            }

            if (_head is null && !_drained)
            {
                giveWay = _turn >= TurnLength && EventLoop.IsCurrentThread;
                if (!giveWay && TryPerform(operation))
                {
                    _turn++;
                    return true;
                }
            }

            Append(operation);
            if (token.CanBeCanceled)
            {
                operation.Token = token;
                operation.Cancellation = token.UnsafeRegister(
                    static (o, canceled) => ((PendingOperation)o!).Queue?.Cancel((PendingOperation)o, canceled), operation);
            }
        }

        if (giveWay)
            _registration.Loop.Post(this);
        else
            WaitFor(operation);
        return false;
    }

    private void WaitFor(PendingOperation operation)
    {
        try
        {
            if (_registration.Arm(_writing) is < 0 and var errno)
                GiveUp(operation, Unarmed(errno), default);
        }
#pragma warning disable CA1031 // it is the call's to tell; thrown from here it would leave the call in the queue, to take what comes later
        catch (Exception e)
#pragma warning restore CA1031
        {
            GiveUp(operation, e, default); // the first loop could not be made, for want of descriptors or memory
        }
    }

    private void Cancel(PendingOperation operation, CancellationToken token) =>
        GiveUp(operation, new OperationCanceledException(token), token);

    /// <summary>Ends a call that still waits. The token tells a late cancellation of an earlier call from one that is meant.</summary>
    private void GiveUp(PendingOperation operation, Exception reason, CancellationToken token)
    {
        lock (this)
        {
            if (operation.Queue != this || (token.CanBeCanceled && operation.Token != token))
                return;
            Remove(operation);
        }

        operation.Abandon(reason);
    }

    private bool TryPerform(PendingOperation operation)
    {
        bool drained = false;
        try
        {
            bool performed = operation.TryPerform(ref drained);
            // Not for writing: room that appears while nobody waits is not announced to anybody, so the next write looks for itself.
            _drained = performed ? drained && !_uncertain : !_writing;
            return performed;
        }
#pragma warning disable CA1031 // whatever the caller's buffer throws is the caller's to see, not the loop's
        catch (Exception e)
#pragma warning restore CA1031
        {
            operation.SetOutcome(e);
            return true;
        }
    }

    private void Append(PendingOperation operation)
    {
        operation.Queue = this;
        operation.Origin = _registration;
        if (_tail is null)
            _head = operation;
        else
            _tail.Next = operation;
        _tail = operation;
    }

    private void Remove(PendingOperation operation)
    {
        PendingOperation? previous = null;
        for (var o = _head; o != operation; o = o!.Next)
            previous = o;
        if (previous is null)
            _head = operation.Next;
        else
            previous.Next = operation.Next;
        if (_tail == operation)
            _tail = previous;
        operation.Next = null;
        operation.Queue = null;
        if (operation.Token.CanBeCanceled)
        {
            operation.Cancellation.Unregister();
            operation.Cancellation = default;
            operation.Token = default;
        }
    }

    private static IOException Unarmed(int errno) =>
        new($"epoll_ctl failed with errno {-errno}; is fs.epoll.max_user_watches exhausted?");

    private static ObjectDisposedException Closed() => new(null, "The socket is closed.");
}
