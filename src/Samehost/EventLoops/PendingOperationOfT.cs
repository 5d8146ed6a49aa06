using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Samehost.EventLoops;

/// <summary>A pending call with a result; used again and again, so that waiting allocates nothing.</summary>
internal abstract class PendingOperation<T> : PendingOperation, IValueTaskSource<T>, IValueTaskSource
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
        // Throws for a task that was used up already, before anything of the next call's is touched.
        CheckVersion(token);
        if (!IsCompleted)
            Block(token);
        var (result, error) = (_result, _error);
        Reset();
        Recycle();
        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
        return result!;
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <summary>The outcome of a call that did not have to wait.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ValueTask<T> TakeNow()
    {
        var result = _error switch
        {
            null => new ValueTask<T>(_result!),
            OperationCanceledException canceled => ValueTask.FromCanceled<T>(canceled.CancellationToken),
            var error => ValueTask.FromException<T>(error),
        };
        Recycle();
        return result;
    }

    internal ValueTask TakeNowWithoutResult()
    {
        var result = _error switch
        {
            null => ValueTask.CompletedTask,
            OperationCanceledException canceled => ValueTask.FromCanceled(canceled.CancellationToken),
            var error => ValueTask.FromException(error),
        };
        Recycle();
        return result;
    }

    /// <summary>For callers that take the result at once, <c>GetAwaiter().GetResult()</c>, as they may from a task.</summary>
    private void Block(short token)
    {
        var completed = new ManualResetEventSlim(); // not disposed: Set may still be on its way out when the wait is over
        OnCompleted(static e => ((ManualResetEventSlim)e!).Set(), completed, token, ValueTaskSourceOnCompletedFlags.None);
        completed.Wait();
    }

    protected void SetOutcome(T result) => _result = result;

    internal sealed override void SetOutcome(Exception error) => _error = error;

    /// <summary>Drops what the call referred to and makes the object available for the next one.</summary>
    protected virtual void Recycle()
    {
        _result = default;
        _error = null;
        Origin = null;
    }
}
