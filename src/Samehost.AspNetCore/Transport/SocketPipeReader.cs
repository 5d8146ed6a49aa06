#pragma warning disable CA2012 // each awaiter is completed exactly once, by the code in this file
using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <summary>Reads a connection straight into the buffers that the consumer parses, without a pipe in between.</summary>
/// <remarks>
/// <para>The consumer continues on the thread that found the data, normally an event loop's.</para>
/// <para>A connection that waits for data holds no buffer: the read that finds some rents one, most likely the one that the previous
/// request has just returned and that is still in the processor's cache.</para>
/// <para>While a request is being processed, the next read is pending, so that the end of the connection is noticed and cancels the
/// request. It begins when the consumer leaves the event loop's thread. If the consumer keeps that thread, the
/// <see cref="DisconnectMonitor"/> begins the read a little later, because most requests are answered sooner than a read is set
/// up.</para>
/// </remarks>
internal sealed class SocketPipeReader : PipeReader, IBufferWriter<byte>, IPipeWaiter<ReadResult>
{
    private const int MaxReadAhead = 64 * 1024; // beyond this the peer has to wait
    private const int MinimumReadSize = 1024;

    private readonly UnixStream _stream;
    private readonly UnixConnection _connection; // not touched for each request, which would cost a cache line
    private readonly DisconnectMonitor _monitor;
    private readonly Action _onReadCompleted;
    private readonly Lock _lock = new();
    private PipeValueTaskSource<ReadResult> _source;
    private ValueTaskAwaiter<int> _read;
    private BufferSegment? _first;
    private BufferSegment? _last;
    private BufferSegment? _rented; // the target of the read in progress, unless that is the last segment
    private int _start;
    private long _received;
    private long _consumed;
    private long _examined;
    private bool _isReading;
    private bool _appendToLast; // the read in progress continues the last segment
    private bool _filledSegment;
    private bool _endOfStream;
    private bool _isHalfClosed;
    private bool _isCompleted;
    private bool _isCanceled;
    private Exception? _error;
    private Exception? _closeReason;

    public SocketPipeReader(UnixStream stream, UnixConnection connection, DisconnectMonitor monitor)
    {
        _stream = stream;
        _connection = connection;
        _monitor = monitor;
        _onReadCompleted = () =>
        {
            CompleteRead(_read);
            ResumeConsumer();
        };
    }

    ref PipeValueTaskSource<ReadResult> IPipeWaiter<ReadResult>.Source => ref _source;

    Lock IPipeWaiter<ReadResult>.Lock => _lock;

    /// <summary>Whether neither a byte nor the end of the stream has arrived.</summary>
    public bool IsAwaitingFirstByte => Volatile.Read(ref _received) == 0 && !Volatile.Read(ref _endOfStream);

    /// <summary>Whether nothing would report the end of the connection.</summary>
    public bool NeedsMonitoring => !Volatile.Read(ref _isReading) && !_isCompleted && (!_endOfStream || IsHalfClosed);

    /// <summary>Whether the client has shut down its sending direction and has not closed its socket.</summary>
    public bool IsHalfClosed => Volatile.Read(ref _isHalfClosed);

    /// <summary>Why this side has closed the connection; <see langword="null"/> while it has not.</summary>
    public Exception? CloseReason => Volatile.Read(ref _closeReason);

    private bool CanReadAhead => !_isReading && !_endOfStream && !_isCompleted && _received - _consumed < MaxReadAhead;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lock (_lock)
            {
                if (TryGetResult(out var result, out var error))
                    return error is null ? new(result) : ValueTask.FromException<ReadResult>(error);
                if (cancellationToken.IsCancellationRequested)
                    return ValueTask.FromCanceled<ReadResult>(cancellationToken);
                if (_isReading)
                    return _source.Begin(this, cancellationToken);
                BeginRead();
            }

            var read = _stream.ReadAsync(this, CancellationToken.None).GetAwaiter();
            if (!read.IsCompleted)
                return WaitForRead(read, cancellationToken);
            CompleteRead(read, synchronously: true);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_lock)
        {
            if (!TryGetResult(out result, out var error))
                return false;
            return error is null ? true : throw error;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_lock)
        {
            if (_isCompleted)
                throw ReaderCompleted(); // its segments may be rented by another connection
            if (consumed.GetObject() is not BufferSegment segment)
                return; // the buffer was empty
            _consumed = segment.RunningIndex + consumed.GetInteger();
            if (examined.GetObject() is BufferSegment examinedSegment)
                _examined = Math.Max(_examined, examinedSegment.RunningIndex + examined.GetInteger());
            _examined = Math.Max(_examined, _consumed);
            ReturnConsumed(segment, consumed.GetInteger());
        }
    }

    public override void CancelPendingRead()
    {
        ReadResult result;
        lock (_lock)
        {
            if (!_source.IsPending)
            {
                _isCanceled = true;
                return;
            }

            result = new ReadResult(_isCompleted ? default : GetBuffer(), isCanceled: true, isCompleted: false);
            _source.End(runContinuationsAsynchronously: true);
        }

        _source.Core.SetResult(result);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_lock)
        {
            _isCompleted = true;
            if (!_isReading)
                ReturnAll();
        }
    }

    /// <summary>Sets the error that reads report once this side closes the connection; the first reason wins.</summary>
    public void SetCloseReason(Exception reason) => Interlocked.CompareExchange(ref _closeReason, reason, null);

    /// <summary>Reads ahead for a consumer that keeps its thread, or, after a half-close, checks whether the client has closed its
    /// socket, which no read reports.</summary>
    public void CheckForDisconnect()
    {
        if (!IsHalfClosed)
        {
            ResumeConsumer();
        }
        else if (IsPeerClosed())
        {
            Volatile.Write(ref _isHalfClosed, false);
            _connection.FireConnectionClosed();
        }
    }

    /// <summary>Provides the target of the read in progress to the thread that attempts it: one at a time, outside the lock.</summary>
    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => GetReadTarget().AvailableSpan;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => GetReadTarget().AvailableMemory;

    /// <summary>Returns the rented segment after an attempt that read nothing; a positive count takes effect when the read
    /// completes.</summary>
    void IBufferWriter<byte>.Advance(int count)
    {
        if (count > 0 || _rented is not { } segment)
            return;
        _rented = null;
        segment.Return();
    }

    /// <summary>Gets a result or an error for the consumer, if there is one. Call it under the lock.</summary>
    private bool TryGetResult(out ReadResult result, out Exception? error)
    {
        error = _isCompleted ? ReaderCompleted() : null;
        if (_isCompleted)
        {
            result = default;
            return true; // a pending read ends as well
        }

        var hasNewData = _received > _examined;
        if (!_isCanceled && !hasNewData && !_endOfStream)
        {
            result = default;
            return false;
        }

        if (!_isCanceled && !hasNewData)
            error = _error;
        else if (!_isReading)
            _monitor.Schedule();
        result = new ReadResult(GetBuffer(), _isCanceled, _endOfStream && _error is null);
        _isCanceled = false;
        return true;
    }

    private static InvalidOperationException ReaderCompleted() => new("Reading is not allowed after the reader was completed.");

    private ReadOnlySequence<byte> GetBuffer() =>
        _first is null ? default : new(_first, _start, _last!, _last!.Length);

    private ValueTask<ReadResult> WaitForRead(ValueTaskAwaiter<int> read, CancellationToken cancellationToken)
    {
        try
        {
            lock (_lock)
            {
                return !TryGetResult(out var result, out var error) ? _source.Begin(this, cancellationToken)
                    : error is null ? new(result) : ValueTask.FromException<ReadResult>(error);
            }
        }
        finally
        {
            _read = read;
            read.UnsafeOnCompleted(_onReadCompleted);
        }
    }

    /// <summary>Resumes the consumer if it waits for what has arrived; then reads ahead unless a read is in progress again.</summary>
    private void ResumeConsumer()
    {
        while (true)
        {
            bool resume;
            ReadResult result = default;
            Exception? error = null;
            lock (_lock)
            {
                resume = _source.IsPending && TryGetResult(out result, out error);
                if (resume)
                    _source.End(runContinuationsAsynchronously: false);
                else if (CanReadAhead)
                    BeginRead();
                else
                    return;
            }

            if (resume)
            {
                if (error is null)
                    _source.Core.SetResult(result);
                else
                    _source.Core.SetException(error);
                continue;
            }

            var read = _stream.ReadAsync(this, CancellationToken.None).GetAwaiter();
            if (!read.IsCompleted)
            {
                _read = read;
                read.UnsafeOnCompleted(_onReadCompleted);
                return;
            }

            CompleteRead(read, synchronously: true);
        }
    }

    /// <summary>Chooses the target of the next read; until it completes, only that read returns the segment. Call it under the
    /// lock.</summary>
    private void BeginRead()
    {
        _isReading = true;
        _appendToLast = _last is { } last && last.WritableBytes >= MinimumReadSize;
    }

    private BufferSegment GetReadTarget() =>
        _appendToLast ? _last! : _rented ??= (_filledSegment ? BufferSegmentPool.Large : BufferSegmentPool.Small).Rent();

    /// <summary>Processes the outcome of the read that was in progress.</summary>
    private void CompleteRead(ValueTaskAwaiter<int> read, bool synchronously = false)
    {
        var count = 0;
        Exception? error = null;
        // A read that completed synchronously can be a failed task, whose exception has to be observed.
        if (!synchronously && CloseReason is { } reason)
        {
            error = reason; // the consumer no longer needs the outcome, and an exception is expensive
        }
        else
        {
            try
            {
                count = read.GetResult();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                error = _connection.TranslateError(e);
            }
        }

        bool ended;
        var halfClosed = count == 0 && error is null && !IsPeerClosed();
        lock (_lock)
        {
            var rented = _rented;
            _rented = null;
            _isReading = false;
            ended = count == 0;
            if (ended)
            {
                _endOfStream = true;
                _error = error;
                _isHalfClosed = halfClosed;
                rented?.Return();
            }
            else
            {
                AppendReceived(rented, count);
            }

            _appendToLast = false;
            if (_isCompleted)
                ReturnAll();
        }

        if (halfClosed)
            _monitor.Schedule(); // the client still wants the answer until it closes its socket
        else if (ended)
            _connection.FireConnectionClosed();
    }

    private bool IsPeerClosed()
    {
        try
        {
            return _stream.IsPeerClosed;
        }
        catch (ObjectDisposedException)
        {
            return true; // closed by this side
        }
    }

    private void AppendReceived(BufferSegment? rented, int count)
    {
        var target = rented ?? _last!;
        _filledSegment = count == target.WritableBytes;
        if (_last is null)
        {
            target.SetRunningIndex(_received);
            _first = target;
            _start = 0;
        }
        else if (rented is not null)
        {
            _last.SetNext(target);
        }

        target.Advance(count);
        _last = target;
        _received += count;
    }

    private void ReturnConsumed(BufferSegment end, int start)
    {
        BufferSegment.ReturnAll(ref _first, end);
        _start = start;
        if (_consumed == _received && !_appendToLast)
            ReturnAll(); // the usual case
    }

    private void ReturnAll()
    {
        BufferSegment.ReturnAll(ref _first);
        _last = null;
    }
}
