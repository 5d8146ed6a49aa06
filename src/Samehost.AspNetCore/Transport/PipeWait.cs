using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// The one wait that a pipe's end may have under way. It is also the lock of that end: whoever finds the wait begun, and stops it, may
/// give it its outcome, and nobody else.
/// </summary>
internal sealed class PipeWait<TResult> : IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _core;
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;

    /// <summary>True from <see cref="Begin"/> until the wait is stopped. Under the lock.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Under the lock, while something is under way that will end the wait.</summary>
    /// <exception cref="InvalidOperationException">Somebody waits already, and would never hear of it.</exception>
    public ValueTask<TResult> Begin(CancellationToken token)
    {
        if (IsUnderWay)
            throw new InvalidOperationException("One read, or one flush, at a time: another one is under way.");
        _core.Reset();
        IsUnderWay = true;
        if (token.CanBeCanceled)
        {
            _token = token;
            _cancellation = token.UnsafeRegister(static (wait, canceled) => ((PipeWait<TResult>)wait!).Cancel(canceled), this);
        }

        return new ValueTask<TResult>(this, _core.Version);
    }

    /// <summary>Under the lock, with a wait under way. The outcome is set after it, outside of the lock.</summary>
    /// <param name="onPool">Whether the waiting code goes on elsewhere, instead of on the thread that gives the outcome.</param>
    public void Stop(bool onPool)
    {
        IsUnderWay = false;
        _core.RunContinuationsAsynchronously = onPool;
        if (!_token.CanBeCanceled)
            return;
        _cancellation.Unregister();
        _cancellation = default;
        _token = default;
    }

    public void SetResult(TResult result) => _core.SetResult(result);

    public void SetException(Exception error) => _core.SetException(error);

    TResult IValueTaskSource<TResult>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (this)
        {
            if (!IsUnderWay || _token != token)
                return; // too late, and another one waits
            Stop(onPool: true);
        }

        _core.SetException(new OperationCanceledException(token));
    }
}
