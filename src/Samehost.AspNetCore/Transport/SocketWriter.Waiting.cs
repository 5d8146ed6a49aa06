using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <content>The producer's wait.</content>
internal sealed partial class SocketWriter
{
    private PipeWait<FlushResult> _wait;
    private bool _canceled;

    public override void CancelPendingFlush()
    {
        lock (this)
        {
            if (!_wait.IsUnderWay)
            {
                _canceled = true;
                return;
            }

            _wait.Stop(onPool: true);
        }

        _wait.Core.SetResult(new FlushResult(isCanceled: true, false));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _wait.Core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.Core.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.Core.OnCompleted(continuation, state, token, flags);

    void IWaitingEnd<FlushResult>.Cancel(CancellationToken token)
    {
        lock (this)
        {
            if (!_wait.TryStopFor(token))
                return;
        }

        _wait.Core.SetException(new OperationCanceledException(token));
    }

    private ValueTask<FlushResult> WaitFor(ValueTaskAwaiter write, CancellationToken token)
    {
        try
        {
            lock (this)
            {
                if (!_canceled)
                    return _wait.Begin(this, token);
                _canceled = false;
                return new(new FlushResult(isCanceled: true, false));
            }
        }
        finally
        {
            Hook(write);
        }
    }
}
