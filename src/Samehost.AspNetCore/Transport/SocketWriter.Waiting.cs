using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <content>The producer's wait.</content>
internal sealed partial class SocketWriter
{
    private PipeWait<FlushResult> _wait;
    private bool _canceled;

    ref PipeWait<FlushResult> IWaitingEnd<FlushResult>.Wait => ref _wait;

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
