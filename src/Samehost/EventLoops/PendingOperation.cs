using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Samehost.EventLoops;

/// <summary>A call that has to wait, in an operation queue until it can be carried out or is abandoned.</summary>
internal abstract class PendingOperation(QueueKind queue) : LoopValueTaskSource
{
    /// <summary>The registration in one of whose queues it waits.</summary>
    internal abstract Registration Registration { get; }

    /// <summary>Which of them it is.</summary>
    internal QueueKind Queue { get; } = queue;

    /// <summary>Whether it is in the queue now.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>The next one in the queue.</summary>
    internal PendingOperation? Next { get; set; }

    internal CancellationToken Token { get; set; }

    internal CancellationTokenRegistration Cancellation { get; set; }

    protected sealed override EventLoop? ContinuationLoop => Registration.LoopIfChosen;

    /// <summary>
    /// Tries the system call, under the queue's lock. False when it would block; otherwise the outcome is kept for <see cref="Complete"/>.
    /// <paramref name="drained"/> is set when another try would block until the next event.
    /// </summary>
    internal abstract bool TryPerform(ref bool drained);

    /// <summary>Keeps an error as the outcome.</summary>
    internal abstract void SetOutcome(Exception error);

    /// <summary>Publishes the outcome; the continuation runs on this thread.</summary>
    internal void Complete() => CompleteHere();

    /// <summary>Ends the call with an error; the continuation runs on the event loop, not on the caller's stack.</summary>
    internal void Abandon(Exception reason)
    {
        SetOutcome(reason);
        CompleteOnLoop();
    }
}

/// <summary>A pending operation with a result. It is reused, so that waiting does not allocate.</summary>
internal abstract class PendingOperation<T>(QueueKind queue) : PendingOperation(queue), IValueTaskSource<T>, IValueTaskSource
{
    private T? _result;
    private Exception? _error;

    public ValueTaskSourceStatus GetStatus(short token)
    {
        CheckVersion(token);
        return !IsCompleted ? ValueTaskSourceStatus.Pending
            : _error is null ? ValueTaskSourceStatus.Succeeded
            : _error is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    public T GetResult(short token)
    {
        CheckVersion(token); // throws for a task that has been consumed, before the state of the next call is touched
        if (!IsCompleted)
            Block(token);
        var (result, error) = (_result, _error);
        Reset();
        _result = default;
        _error = null;
        Recycle();
        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
        return result!;
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    internal sealed override void SetOutcome(Exception error) => _error = error;

    protected void SetOutcome(T result) => _result = result;

    /// <summary>Drops what the call referred to, and makes the object available for the next call.</summary>
    protected abstract void Recycle();

    /// <summary>Supports callers that block on the result with <c>GetAwaiter().GetResult()</c>.</summary>
    private void Block(short token)
    {
        var completed = new ManualResetEventSlim(); // not disposed: Set may still be running when the wait returns
        OnCompleted(static e => ((ManualResetEventSlim)e!).Set(), completed, token, ValueTaskSourceOnCompletedFlags.None);
        completed.Wait();
    }
}
