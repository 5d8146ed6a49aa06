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
/// While a request is being worked on, the next read is under way: so the end of the connection is noticed, and tells the request. It is
/// begun when the consumer has left the loop's thread. Where it keeps its thread, the listener's pulse begins it a little later, since
/// most requests are answered sooner than a read has been put in place.
/// </remarks>
internal sealed partial class SocketReader : PipeReader
{
    private const int MostAhead = 64 * 1024; // then it is the peer who waits
    private const int LeastRoom = 1024;

    private readonly UnixStream _stream;
    private readonly UnixConnection _connection;
    private readonly Action _readEnded;
    private ValueTaskAwaiter<int> _read;
    private Block? _first;
    private Block? _last;
    private Block? _into; // where the read under way goes; in the chain only if it is the last
    private Block? _spare;
    private int _start;
    private long _received;
    private long _consumed;
    private long _examined;
    private bool _reading;
    private bool _lastWasFull;
    private bool _ended;
    private bool _completed;
    private Exception? _error;

    public SocketReader(UnixStream stream, UnixConnection connection)
    {
        _stream = stream;
        _connection = connection;
        _readEnded = () =>
        {
            Receive(_read);
            Deliver();
        };
    }

    /// <summary>True while nothing would notice the end of the connection.</summary>
    public bool IsUnwatched => !Volatile.Read(ref _reading) && !_ended && !_completed;

    private bool MayReadAhead => !_reading && !_ended && !_completed && _received - _consumed < MostAhead;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lock (_wait)
            {
                if (TryTake(out var result, out var error))
                    return error is null ? new(result) : ValueTask.FromException<ReadResult>(error);
                if (cancellationToken.IsCancellationRequested)
                    return ValueTask.FromCanceled<ReadResult>(cancellationToken);
                if (_reading)
                    return _wait.Begin(cancellationToken);
                BeginRead();
            }

            var read = _stream.ReadAsync(_into!.Room, CancellationToken.None).GetAwaiter();
            if (!read.IsCompleted)
                return WaitFor(read, cancellationToken);
            Receive(read);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_wait)
        {
            if (!TryTake(out result, out var error))
                return false;
            return error is null ? true : throw error;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_wait)
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

    /// <summary>Reads ahead for a consumer that keeps its thread to itself.</summary>
    public void Watch() => Deliver();

    public override void Complete(Exception? exception = null)
    {
        lock (_wait)
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
            _connection.Pulse.Start();
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
        if (_last is { } last && last.Size - last.Length >= LeastRoom)
            _into = last;
        else
            _into = _lastWasFull ? BlockPool.Large.Rent() : Interlocked.Exchange(ref _spare, null) ?? BlockPool.Small.Rent();
    }

    /// <summary>Takes the outcome of the read that was under way.</summary>
    private void Receive(ValueTaskAwaiter<int> read)
    {
        int count = 0;
        Exception? error = null;
        if (_connection.ClosedFor is { } reason)
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
        lock (_wait)
        {
            var into = _into!;
            _into = null;
            _reading = false;
            ended = count == 0;
            if (ended)
            {
                _ended = true;
                _error = error;
                if (into != _last)
                    into.Return();
            }
            else
            {
                Keep(into, count);
            }

            if (_completed)
                FreeAll();
        }

        if (ended)
            _connection.HasEnded();
    }

    private void Keep(Block into, int count)
    {
        _lastWasFull = count == into.Size - into.Length;
        if (_last is null)
        {
            into.StartAt(_received);
            _first = into;
            _start = 0;
        }
        else if (into != _last)
        {
            _last.Append(into);
        }

        into.Fill(count);
        _last = into;
        _received += count;
    }

    private void Free(Block upTo, int start)
    {
        while (_first != upTo)
        {
            var freed = _first!;
            _first = freed.NextBlock;
            freed.Return();
        }

        _start = start;
        if (_consumed < _received || _into == _last)
            return;
        // All of it: the usual case. The block is used for the next read.
        while (_first is { } block)
        {
            _first = block.NextBlock;
            block.Return(keep: block.Size == BlockPool.Small.BlockSize && Interlocked.CompareExchange(ref _spare, block, null) is null);
        }

        _last = null;
    }

    private void FreeAll()
    {
        while (_first is { } block)
        {
            _first = block.NextBlock;
            block.Return();
        }

        _last = null;
        Interlocked.Exchange(ref _spare, null)?.Return();
    }
}
