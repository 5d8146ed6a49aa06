using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <content>The producer's wait.</content>
internal sealed partial class SocketWriter
{
    private ManualResetValueTaskSourceCore<FlushResult> _waiter;
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;
    private bool _waiting;
    private bool _canceled;

    public override void CancelPendingFlush()
    {
        lock (this)
        {
            if (!_waiting)
            {
                _canceled = true;
                return;
            }

            StopWaiting(onPool: true);
        }

        _waiter.SetResult(new FlushResult(isCanceled: true, false));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private ValueTask<FlushResult> WaitFor(ValueTaskAwaiter write, CancellationToken token)
    {
        ValueTask<FlushResult> wait;
        lock (this)
        {
            wait = _canceled ? new(new FlushResult(isCanceled: true, false)) : Wait(token);
            _canceled = false;
        }

        Hook(write);
        return wait;
    }

    /// <summary>Under the lock, with bytes on their way.</summary>
    private ValueTask<FlushResult> Wait(CancellationToken token)
    {
        _waiter.Reset();
        _waiting = true;
        if (token.CanBeCanceled)
        {
            _token = token;
            _cancellation = token.UnsafeRegister(static (writer, canceled) => ((SocketWriter)writer!).Cancel(canceled), this);
        }

        return new ValueTask<FlushResult>(this, _waiter.Version);
    }

    private void Cancel(CancellationToken token)
    {
        lock (this)
        {
            if (!_waiting || _token != token)
                return; // too late, and another one waits
            StopWaiting(onPool: true);
        }

        _waiter.SetException(new OperationCanceledException(token));
    }

    private void StopWaiting(bool onPool)
    {
        _waiting = false;
        _waiter.RunContinuationsAsynchronously = onPool;
        if (!_token.CanBeCanceled)
            return;
        _cancellation.Unregister();
        _cancellation = default;
        _token = default;
    }
}
