#pragma warning disable CA2012 // each awaiter is completed once, by hand: that is what this file is about
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <content>The consumer's wait.</content>
internal sealed partial class SocketReader
{
    private ManualResetValueTaskSourceCore<ReadResult> _waiter;
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;
    private bool _waiting;
    private bool _canceled;

    public override void CancelPendingRead()
    {
        ReadResult result;
        lock (this)
        {
            if (!_waiting)
            {
                _canceled = true;
                return;
            }

            result = new ReadResult(_completed ? default : Unconsumed(), isCanceled: true, isCompleted: false);
            StopWaiting(onPool: true);
        }

        _waiter.SetResult(result);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private ValueTask<ReadResult> WaitFor(ValueTaskAwaiter<int> read, CancellationToken token)
    {
        ValueTask<ReadResult> wait;
        lock (this)
            wait = TryTake(out var result, out _) ? new(result) : Wait(token);
        _read = read;
        read.UnsafeOnCompleted(_readEnded);
        return wait;
    }

    /// <summary>Under the lock, with a read under way.</summary>
    private ValueTask<ReadResult> Wait(CancellationToken token)
    {
        _waiter.Reset();
        _waiting = true;
        if (token.CanBeCanceled)
        {
            _token = token;
            _cancellation = token.UnsafeRegister(static (reader, canceled) => ((SocketReader)reader!).Cancel(canceled), this);
        }

        return new ValueTask<ReadResult>(this, _waiter.Version);
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
                wake = _waiting && TryTake(out result, out error);
                if (wake)
                    StopWaiting(onPool: false);
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

            var read = _stream.ReadAsync(_into!.Room, CancellationToken.None).GetAwaiter();
            if (!read.IsCompleted)
            {
                _read = read;
                read.UnsafeOnCompleted(_readEnded);
                return;
            }

            Receive(read);
        }
    }

    private void Wake(ReadResult result, Exception? error)
    {
        if (error is null)
            _waiter.SetResult(result);
        else
            _waiter.SetException(error);
    }
}
