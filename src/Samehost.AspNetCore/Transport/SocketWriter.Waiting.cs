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
        ValueTask<FlushResult> wait;
        lock (_wait)
        {
            wait = _canceled ? new(new FlushResult(isCanceled: true, false)) : _wait.Begin(token);
            _canceled = false;
        }

        Hook(write);
        return wait;
    }
}
