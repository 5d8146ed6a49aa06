using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <summary>A pipe reader or writer that is itself the source of its pending read or flush, so that a wait allocates nothing.</summary>
internal interface IPipeWaiter<TResult> : IValueTaskSource<TResult>
{
    ref PipeValueTaskSource<TResult> Source { get; }

    /// <summary>Guards the state of the pipe, the pending operation included.</summary>
    Lock Lock { get; }

    TResult IValueTaskSource<TResult>.GetResult(short token) => Source.Core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => Source.Core.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Source.Core.OnCompleted(continuation, state, token, flags);

    /// <summary>Ends the pending operation whose token was canceled.</summary>
    void Cancel(CancellationToken cancellationToken)
    {
        lock (Lock)
        {
            if (!Source.TryEnd(cancellationToken))
                return;
        }

        Source.Core.SetException(new OperationCanceledException(cancellationToken));
    }
}

/// <summary>The one read or flush that can be pending on a pipe, as a field of its <see cref="IPipeWaiter{TResult}"/>.</summary>
/// <remarks>The caller that ends the pending operation under the lock, and no other, sets its result afterwards.</remarks>
internal struct PipeValueTaskSource<TResult>
{
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;

    /// <summary>The state machine behind the <see cref="ValueTask{TResult}"/>.</summary>
    public ManualResetValueTaskSourceCore<TResult> Core;

    /// <summary>Whether an operation is pending. Call it under the lock.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Begins a pending operation that work in progress will end. Call it under the lock.</summary>
    /// <exception cref="InvalidOperationException">An operation is pending already; it would never complete.</exception>
    public ValueTask<TResult> Begin(IPipeWaiter<TResult> waiter, CancellationToken cancellationToken)
    {
        if (IsPending)
            throw new InvalidOperationException("Concurrent reads or flushes are not supported: another one is pending.");
        Core.Reset();
        IsPending = true;
        if (cancellationToken.CanBeCanceled)
        {
            _cancellationToken = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(
                static (waiter, canceled) => ((IPipeWaiter<TResult>)waiter!).Cancel(canceled), waiter);
        }

        return new ValueTask<TResult>(waiter, Core.Version);
    }

    /// <summary>Ends the pending operation; the caller then sets its result outside the lock. Call it under the lock.</summary>
    /// <param name="runContinuationsAsynchronously">Whether the awaiting code continues on the thread pool instead of on the thread that
    /// sets the result.</param>
    public void End(bool runContinuationsAsynchronously)
    {
        IsPending = false;
        Core.RunContinuationsAsynchronously = runContinuationsAsynchronously;
        if (!_cancellationToken.CanBeCanceled)
            return;
        _registration.Unregister();
        _registration = default;
        _cancellationToken = default;
    }

    /// <summary>Ends the pending operation if it belongs to a canceled token. Call it under the lock.</summary>
    /// <returns><see langword="false"/> if that operation has completed, whether or not another one is pending.</returns>
    public bool TryEnd(CancellationToken cancellationToken)
    {
        if (!IsPending || _cancellationToken != cancellationToken)
            return false;
        End(runContinuationsAsynchronously: true);
        return true;
    }
}
