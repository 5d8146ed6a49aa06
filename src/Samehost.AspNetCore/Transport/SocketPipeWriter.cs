#pragma warning disable CA2012 // each awaiter is completed exactly once, by the code in this file
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <summary>Writes to a connection without a pipe in between.</summary>
/// <remarks>A flush sends on the caller's thread and waits only when the socket's send buffer is full, which is the backpressure.</remarks>
internal sealed class SocketPipeWriter : PipeWriter, IPipeWaiter<FlushResult>
{
    private readonly UnixStream _stream;
    private readonly UnixConnection _connection;
    private readonly Action _onWriteCompleted;
    private readonly Lock _lock = new();
    private PipeValueTaskSource<FlushResult> _source;
    private List<ReadOnlyMemory<byte>>? _buffers;
    private ValueTaskAwaiter _write;
    private BufferSegmentList _unflushed; // used by the producer only
    private BufferSegmentList _sending;
    private BufferSegmentList _queued; // flushed while other bytes were being sent
    private bool _isWriting;
    private bool _isDisconnected;
    private bool _isCompleted;
    private bool _isCanceled;
    private TaskCompletionSource? _drained;

    public SocketPipeWriter(UnixStream stream, UnixConnection connection)
    {
        _stream = stream;
        _connection = connection;
        _onWriteCompleted = () =>
        {
            CompleteWrite(_write);
            SendQueuedOrEnd();
        };
    }

    ref PipeValueTaskSource<FlushResult> IPipeWaiter<FlushResult>.Source => ref _source;

    Lock IPipeWaiter<FlushResult>.Lock => _lock;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed.Length;

    public override Memory<byte> GetMemory(int sizeHint = 0) => GetWritableSegment(sizeHint).AvailableMemory;

    public override Span<byte> GetSpan(int sizeHint = 0) => GetWritableSegment(sizeHint).AvailableSpan;

    public override void Advance(int bytes) => _unflushed.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        lock (_lock)
        {
            if (_isDisconnected || _isCompleted)
            {
                _unflushed.Return();
                return new(new FlushResult(false, isCompleted: true));
            }

            if (_isCanceled)
            {
                _isCanceled = false;
                return new(new FlushResult(isCanceled: true, false));
            }

            if (_isWriting)
            {
                _queued.Append(ref _unflushed);
                return _source.Begin(this, cancellationToken);
            }

            if (_unflushed.IsEmpty)
                return default;
            _sending.Append(ref _unflushed);
            _isWriting = true;
        }

        var write = WriteSegments();
        if (!write.IsCompleted)
            return WaitForWrite(write, cancellationToken);
        CompleteWrite(write);
        lock (_lock)
            return new(EndWriting());
    }

    public override void CancelPendingFlush()
    {
        lock (_lock)
        {
            if (!_source.IsPending)
            {
                _isCanceled = true;
                return;
            }

            _source.End(runContinuationsAsynchronously: true);
        }

        _source.Core.SetResult(new FlushResult(isCanceled: true, false));
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_lock)
        {
            if (_isCompleted)
                return;
            _isCompleted = true;
            if (exception is not null || _isDisconnected || _unflushed.IsEmpty)
            {
                _unflushed.Return();
                return;
            }

            (_isWriting ? ref _queued : ref _sending).Append(ref _unflushed);
            if (_isWriting)
                return;
            _isWriting = true;
        }

        Send();
    }

    /// <summary>Waits until all flushed bytes are in the socket's send buffer or the connection has failed.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            if (!_isWriting)
                return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private BufferSegment GetWritableSegment(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        return _isCompleted
            ? throw new InvalidOperationException("Writing is not allowed after the writer was completed.")
            : _unflushed.GetWritableSegment(sizeHint);
    }

    private ValueTask<FlushResult> WaitForWrite(ValueTaskAwaiter write, CancellationToken cancellationToken)
    {
        try
        {
            lock (_lock)
            {
                if (!_isCanceled)
                    return _source.Begin(this, cancellationToken);
                _isCanceled = false;
                return new(new FlushResult(isCanceled: true, false));
            }
        }
        finally
        {
            OnCompleted(write);
        }
    }

    private void Send()
    {
        var write = WriteSegments();
        if (write.IsCompleted)
        {
            CompleteWrite(write);
            SendQueuedOrEnd();
        }
        else
        {
            OnCompleted(write);
        }
    }

    private ValueTaskAwaiter WriteSegments()
    {
        if (_sending.SingleSegment is { } segment)
            return _stream.WriteAsync(segment.Memory, CancellationToken.None).GetAwaiter();
        (_buffers ??= []).Clear();
        _sending.CopyTo(_buffers);
        return _stream.WriteAsync(_buffers, CancellationToken.None).GetAwaiter();
    }

    private void OnCompleted(ValueTaskAwaiter write)
    {
        _write = write;
        write.UnsafeOnCompleted(_onWriteCompleted);
    }

    /// <summary>Processes the outcome of the write that was in progress.</summary>
    private void CompleteWrite(ValueTaskAwaiter write)
    {
        try
        {
            write.GetResult();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Volatile.Write(ref _isDisconnected, true);
        }

        _sending.Return();
        if (_isDisconnected)
            _connection.FireConnectionClosed();
    }

    /// <summary>Sends what was flushed in the meantime, or resumes the producer if there is nothing.</summary>
    private void SendQueuedOrEnd()
    {
        FlushResult result = default;
        bool hasMore;
        lock (_lock)
        {
            hasMore = !_queued.IsEmpty && !_isDisconnected;
            if (hasMore)
            {
                _sending.Append(ref _queued);
            }
            else
            {
                result = EndWriting();
                if (!_source.IsPending)
                    return;
                _source.End(runContinuationsAsynchronously: false);
            }
        }

        if (hasMore)
            Send();
        else
            _source.Core.SetResult(result);
    }

    private FlushResult EndWriting()
    {
        _isWriting = false;
        if (_isDisconnected)
            _queued.Return();
        _drained?.TrySetResult();
        return new FlushResult(false, isCompleted: _isDisconnected);
    }
}
