using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <content>The producer's wait.</content>
internal sealed partial class SocketWriter
{
    private readonly PipeWait<FlushResult> _wait = new();
    private bool _canceled;

    public override void CancelPendingFlush()
    {
        lock (_wait)
        {
            if (!_wait.IsUnderWay)
            {
                _canceled = true;
                return;
            }

            _wait.Stop(onPool: true);
        }

        _wait.SetResult(new FlushResult(isCanceled: true, false));
    }

    private ValueTask<FlushResult> WaitFor(ValueTaskAwaiter write, CancellationToken token)
    {
        try
        {
            lock (_wait)
            {
                if (!_canceled)
                    return _wait.Begin(token);
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
