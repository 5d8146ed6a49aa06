#pragma warning disable CA2012 // each awaiter is completed once, by hand: that is what this file is about
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <content>The consumer's wait.</content>
internal sealed partial class SocketReader
{
    private PipeWait<ReadResult> _wait;
    private bool _canceled;

    ref PipeWait<ReadResult> IWaitingEnd<ReadResult>.Wait => ref _wait;

    public override void CancelPendingRead()
    {
        ReadResult result;
        lock (this)
        {
            if (!_wait.IsUnderWay)
            {
                _canceled = true;
                return;
            }

            result = new ReadResult(_completed ? default : Unconsumed(), isCanceled: true, isCompleted: false);
            _wait.Stop(onPool: true);
        }

        _wait.Core.SetResult(result);
    }

    private ValueTask<ReadResult> WaitFor(ValueTaskAwaiter<int> read, CancellationToken token)
    {
        try
        {
            lock (this)
            {
                return !TryTake(out var result, out var error) ? _wait.Begin(this, token)
                    : error is null ? new(result) : ValueTask.FromException<ReadResult>(error);
            }
        }
        finally
        {
            _read = read;
            read.UnsafeOnCompleted(_readEnded);
        }
    }

    /// <summary>Runs the consumer, if it waits for what has arrived; then reads ahead, unless a read is under way again.</summary>
    private void Deliver()
    {
        while (true)
        {
            bool wake;
            ReadResult result = default;
            Exception? error = null;
            lock (this)
            {
                wake = _wait.IsUnderWay && TryTake(out result, out error);
                if (wake)
                    _wait.Stop(onPool: false);
                else if (MayReadAhead)
                    BeginRead();
                else
                    return;
            }

            if (wake)
            {
                Wake(result, error);
                continue;
            }

            var read = _stream.ReadAsync(this, CancellationToken.None).GetAwaiter();
            if (!read.IsCompleted)
            {
                _read = read;
                read.UnsafeOnCompleted(_readEnded);
                return;
            }

            Receive(read, atOnce: true);
        }
    }

    private void Wake(ReadResult result, Exception? error)
    {
        if (error is null)
            _wait.Core.SetResult(result);
        else
            _wait.Core.SetException(error);
    }
}
