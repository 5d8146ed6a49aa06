#pragma warning disable CA2012 // each awaiter is completed once, by hand: that is what this file is about
using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// What arrives on a connection. It is read straight into the buffer that the consumer parses, on the thread that was told of the
/// arrival, and the consumer runs there too.
/// </summary>
/// <remarks>
/// <para>A connection that waits has no buffer: the read that finds something takes one, which whoever was served before has just given
/// back, so that it is in the processor's cache.</para>
/// <para>
/// While a request is being worked on, the next read is under way: so the end of the connection is noticed, and tells the request. It is
/// begun when the consumer has left the loop's thread. Where it keeps its thread, the listener's pulse begins it a little later, since
/// most requests are answered sooner than a read has been put in place.</para>
/// </remarks>
internal sealed partial class SocketReader : PipeReader, IBufferWriter<byte>, IWaitingEnd<ReadResult>
{
    private const int MostAhead = 64 * 1024; // then it is the peer who waits
    private const int LeastRoom = 1024;

    private readonly UnixStream _stream;
    private readonly UnixConnection _connection; // not looked at for each request: it would have to be fetched from memory
    private readonly Pulse _pulse;
    private readonly Action _readEnded;
    private ValueTaskAwaiter<int> _read;
    private Block? _first;
    private Block? _last;
    private Block? _rented; // where the read under way goes, unless that is the last
    private int _start;
    private long _received;
    private long _consumed;
    private long _examined;
    private bool _reading;
    private bool _intoLast; // the read under way goes on with the last block
    private bool _lastWasFull;
    private bool _ended;
    private bool _completed;
    private Exception? _error;
    private Exception? _closedFor;

    public SocketReader(UnixStream stream, UnixConnection connection, Pulse pulse)
    {
        _stream = stream;
        _connection = connection;
        _pulse = pulse;
        _readEnded = () =>
        {
            Receive(_read);
            Deliver();
        };
    }

    /// <summary>True until the first byte, or the end, has come.</summary>
    public bool IsSilent => Volatile.Read(ref _received) == 0 && !Volatile.Read(ref _ended);

    /// <summary>True while nothing would notice the end of the connection.</summary>
    public bool IsUnwatched => !Volatile.Read(ref _reading) && !_completed && (!_ended || IsHalfClosed);

    /// <summary>Why this side has closed the connection; null while it has not.</summary>
    public Exception? ClosedFor => Volatile.Read(ref _closedFor);

    private bool MayReadAhead => !_reading && !_ended && !_completed && _received - _consumed < MostAhead;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lock (this)
            {
                if (TryTake(out var result, out var error))
                    return error is null ? new(result) : ValueTask.FromException<ReadResult>(error);
                if (cancellationToken.IsCancellationRequested)
                    return ValueTask.FromCanceled<ReadResult>(cancellationToken);
                if (_reading)
                    return _wait.Begin(this, cancellationToken);
                BeginRead();
            }

            var read = _stream.ReadAsync(this, CancellationToken.None).GetAwaiter();
            if (!read.IsCompleted)
                return WaitFor(read, cancellationToken);
            Receive(read, atOnce: true);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (this)
        {
            if (!TryTake(out result, out var error))
                return false;
            return error is null ? true : throw error;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (this)
        {
            if (_completed)
                throw AfterCompletion(); // its blocks may be somebody else's by now
            if (consumed.GetObject() is not Block block)
                return; // of an empty buffer
            _consumed = block.RunningIndex + consumed.GetInteger();
            if (examined.GetObject() is Block seen)
                _examined = Math.Max(_examined, seen.RunningIndex + examined.GetInteger());
            _examined = Math.Max(_examined, _consumed);
            Free(block, consumed.GetInteger());
        }
    }

    /// <summary>Tells why the connection is about to be closed; the first reason stays.</summary>
    public void CloseFor(Exception reason) => Interlocked.CompareExchange(ref _closedFor, reason, null);

    public override void Complete(Exception? exception = null)
    {
        lock (this)
        {
            _completed = true;
            if (!_reading)
                FreeAll();
        }
    }

    /// <summary>What there is for the consumer; false when it has to wait. Under the lock.</summary>
    private bool TryTake(out ReadResult result, out Exception? error)
    {
        error = _completed ? AfterCompletion() : null;
        if (_completed)
        {
            result = default;
            return true; // a read that waited ends as well
        }

        bool isNew = _received > _examined;
        if (!_canceled && !isNew && !_ended)
        {
            result = default;
            return false;
        }

        if (!_canceled && !isNew)
            error = _error;
        else if (!_reading)
            _pulse.Start();
        result = new ReadResult(Unconsumed(), _canceled, _ended && _error is null);
        _canceled = false;
        return true;
    }

    private static InvalidOperationException AfterCompletion() => new("Reading is not allowed after the reader was completed.");

    private ReadOnlySequence<byte> Unconsumed() =>
        _first is null ? default : new(_first, _start, _last!, _last!.Length);

    /// <summary>Chooses where the next read goes; from now on nobody else frees that block. Under the lock.</summary>
    private void BeginRead()
    {
        _reading = true;
        _intoLast = _last is { } last && last.Size - last.Length >= LeastRoom;
    }

    private Block Into() => _intoLast ? _last! : _rented ??= (_lastWasFull ? BlockPool.Large : BlockPool.Small).Rent();

    /// <summary>Room for the read under way, by whichever thread tries it: one at a time, and not under the lock.</summary>
    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => Into().RoomSpan;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => Into().Room;

    /// <summary>How much was read, which counts when the read is over; with nothing it waits, or is over.</summary>
    void IBufferWriter<byte>.Advance(int count)
    {
        if (count > 0 || _rented is not { } block)
            return;
        _rented = null;
        block.Return();
    }

    /// <summary>Takes the outcome of the read that was under way.</summary>
    private void Receive(ValueTaskAwaiter<int> read, bool atOnce = false)
    {
        int count = 0;
        Exception? error = null;
        // One that never waited may be a failed task, whose error would be reported as nobody's.
        if (!atOnce && ClosedFor is { } reason)
        {
            error = reason; // nobody asks for the bytes any more, and an exception takes long
        }
        else
        {
            try
            {
                count = read.GetResult();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                error = _connection.Reason(e);
            }
        }

        bool ended;
        bool halfClosed = count == 0 && error is null && !IsClosedByPeer();
        lock (this)
        {
            var rented = _rented;
            _rented = null;
            _reading = false;
            ended = count == 0;
            if (ended)
            {
                _ended = true;
                _error = error;
                _halfClosed = halfClosed;
                rented?.Return();
            }
            else
            {
                Keep(rented, count);
            }

            _intoLast = false;
            if (_completed)
                FreeAll();
        }

        if (halfClosed)
            _pulse.Start(); // the answer is still wanted, until the client closes its side as well
        else if (ended)
            _connection.HasEnded();
    }

    private void Keep(Block? rented, int count)
    {
        var into = rented ?? _last!;
        _lastWasFull = count == into.Size - into.Length;
        if (_last is null)
        {
            into.StartAt(_received);
            _first = into;
            _start = 0;
        }
        else if (rented is not null)
        {
            _last.Append(into);
        }

        into.Fill(count);
        _last = into;
        _received += count;
    }

    private void Free(Block upTo, int start)
    {
        Block.ReturnAll(ref _first, upTo);
        _start = start;
        if (_consumed == _received && !_intoLast)
            FreeAll(); // the usual case
    }

    private void FreeAll()
    {
        Block.ReturnAll(ref _first);
        _last = null;
    }
}
