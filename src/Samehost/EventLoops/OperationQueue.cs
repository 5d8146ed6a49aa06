namespace Samehost.EventLoops;

/// <summary>The two queues of a registration; flags, so that a registration can note which of them are posted to its event loop.</summary>
[Flags]
internal enum QueueKind : byte
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>
/// The operations that wait for one direction of a descriptor, in the order of their calls. Its lock is held during the non-blocking system
/// calls of that direction, so that no event can come between a call's EAGAIN and its place in the queue.
/// </summary>
/// <remarks>A field of its <see cref="Registration"/>, used by reference; members marked so are called under <see cref="Lock"/>.</remarks>
internal struct OperationQueue(QueueKind kind)
{
    private readonly QueueKind _kind = kind;
    private bool _drained; // since the last event: a try would end in EAGAIN
    private bool _uncertain; // hang-up, error or urgent data was reported: a short read no longer proves that nothing is left
    private bool _closed;
    private PendingOperation? _head;
    private PendingOperation? _tail;
    private PendingOperation? _spare;

    public Lock Lock { get; } = new();

    /// <summary>Which of the registration's queues it is.</summary>
    public readonly QueueKind Kind => _kind;

    /// <summary>Whether no operation waits; may be read without the lock.</summary>
    public readonly bool IsEmpty => Volatile.Read(in _head) is null;

    /// <summary>Whether the registration is closed. Under the lock.</summary>
    public readonly bool IsClosed => _closed;

    /// <summary>Whether a new call may be tried before it waits. Under the lock.</summary>
    public readonly bool MayTry => _head is null && !_drained;

    /// <summary>Whether a try would end in EAGAIN; may be read without the lock.</summary>
    public readonly bool IsDrained => _drained;

    /// <summary>Notes what a try has shown about readiness. Under the lock.</summary>
    public void Tried(bool performed, bool drained)
    {
        // Not for writing: writing is armed only while an operation waits, so nothing would reset it.
        _drained = performed ? drained && !_uncertain : _kind == QueueKind.Read;
    }

    /// <summary>Takes the operation that the last call left for reuse, if it has the type. Under the lock.</summary>
    public T? TakeSpare<T>()
        where T : PendingOperation
    {
        if (Volatile.Read(in _spare) is not T operation)
            return null;
        _spare = null;
        return operation;
    }

    /// <summary>Leaves an operation for reuse by the next call.</summary>
    public void ReturnSpare(PendingOperation operation) => Volatile.Write(ref _spare, operation);

    /// <summary>Appends an operation, which a cancellation of the token ends. Under the lock.</summary>
    public void Append(PendingOperation operation, CancellationToken cancellationToken)
    {
        operation.IsQueued = true;
        if (_tail is null)
            Volatile.Write(ref _head, operation);
        else
            _tail.Next = operation;
        _tail = operation;
        if (cancellationToken.CanBeCanceled)
        {
            operation.Token = cancellationToken;
            operation.Cancellation = cancellationToken.UnsafeRegister(
                static (o, token) => ((PendingOperation)o!).Registration.Cancel((PendingOperation)o, token), operation);
        }
    }

    /// <summary>Carries out the first operation after an event; the caller completes it.</summary>
    /// <param name="registration">The registration that the queue is a field of.</param>
    /// <param name="uncertain">Whether the event reported a hang-up, an error or urgent data.</param>
    /// <returns>The operation; null where none waits, or where it would still block.</returns>
    public PendingOperation? Begin(Registration registration, bool uncertain = false)
    {
        PendingOperation? operation;
        bool performed;
        var more = false;
        lock (Lock)
        {
            _drained = false;
            _uncertain |= uncertain;
            registration.StartCounting();
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
            registration.WaitFor(operation); // a call that yielded may come here without having been armed
            return null;
        }

        // Posted before the continuation runs: should that take long, another thread serves the rest.
        if (more)
            registration.Post(_kind);
        return operation;
    }

    /// <summary>Carries out the first operation without an event, where that is possible; the caller completes it.</summary>
    /// <param name="registration">The registration that the queue is a field of.</param>
    public PendingOperation? TryPoll(Registration registration)
    {
        lock (Lock)
        {
            if (_head is not { } operation || !TryPerform(operation))
                return null;
            registration.StartCounting();
            Remove(operation);
            if (_head is not null)
                registration.Post(_kind);
            return operation;
        }
    }

    /// <summary>Abandons what waits, and refuses later calls.</summary>
    public void Close()
    {
        lock (Lock)
        {
            _closed = true;
            while (_head is { } operation)
            {
                Remove(operation);
                operation.Abandon(Registration.Disposed());
            }
        }
    }

    /// <summary>Abandons what waits after epoll has refused the descriptor.</summary>
    public void Fail(int errno)
    {
        lock (Lock)
        {
            while (_head is { } operation)
            {
                Remove(operation);
                operation.Abandon(Registration.NotArmed(errno));
            }
        }
    }

    /// <summary>Abandons an operation that still waits. The token distinguishes a late cancellation of an earlier use of the
    /// object.</summary>
    public void Abandon(PendingOperation operation, Exception reason, CancellationToken cancellationToken)
    {
        lock (Lock)
        {
            if (!operation.IsQueued || (cancellationToken.CanBeCanceled && operation.Token != cancellationToken))
                return;
            Remove(operation);
        }

        operation.Abandon(reason);
    }

    private bool TryPerform(PendingOperation operation)
    {
        var drained = false;
        try
        {
            var performed = operation.TryPerform(ref drained);
            Tried(performed, drained);
            return performed;
        }
#pragma warning disable CA1031 // what the caller's buffer throws is the outcome of the call
        catch (Exception e)
#pragma warning restore CA1031
        {
            operation.SetOutcome(e);
            return true;
        }
    }

    private void Remove(PendingOperation operation)
    {
        PendingOperation? previous = null;
        for (var o = _head; o != operation; o = o!.Next)
            previous = o;
        if (previous is null)
            Volatile.Write(ref _head, operation.Next);
        else
            previous.Next = operation.Next;
        if (_tail == operation)
            _tail = previous;
        operation.Next = null;
        operation.IsQueued = false;
        if (operation.Token.CanBeCanceled)
        {
            operation.Cancellation.Unregister();
            operation.Cancellation = default;
            operation.Token = default;
        }
    }
}
