#pragma warning disable CA2012 // each awaiter is completed once, by hand: that is what this file is about
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// What is to be sent on a connection. A flush hands it to the kernel on the caller's thread, and waits only when the kernel has no room:
/// that is the back-pressure.
/// </summary>
internal sealed partial class SocketWriter : PipeWriter, IWaitingEnd<FlushResult>
{
    private readonly UnixStream _stream;
    private readonly UnixConnection _connection;
    private readonly Action _writeEnded;
    private List<ReadOnlyMemory<byte>>? _gathered;
    private ValueTaskAwaiter _write;
    private BlockChain _filling; // the producer's alone
    private BlockChain _sending;
    private BlockChain _behind; // flushed while other bytes were being sent
    private bool _writing;
    private bool _gone;
    private bool _completed;
    private TaskCompletionSource? _allSent;

    public SocketWriter(UnixStream stream, UnixConnection connection)
    {
        _stream = stream;
        _connection = connection;
        _writeEnded = () =>
        {
            TakeOutcome(_write);
            GoOn();
        };
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _filling.Length;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).Room;

    public override Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).RoomSpan;

    public override void Advance(int bytes) => _filling.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        lock (this)
        {
            if (_gone || _completed)
            {
                _filling.Free();
                return new(new FlushResult(false, isCompleted: true));
            }

            if (_canceled)
            {
                _canceled = false;
                return new(new FlushResult(isCanceled: true, false));
            }

            if (_writing)
            {
                _behind.Append(ref _filling);
                return _wait.Begin(this, cancellationToken);
            }

            if (_filling.IsEmpty)
                return default;
            _sending.Append(ref _filling);
            _writing = true;
        }

        var write = Send();
        if (!write.IsCompleted)
            return WaitFor(write, cancellationToken);
        TakeOutcome(write);
        lock (this)
            return new(EndWriting());
    }

    public override void Complete(Exception? exception = null)
    {
        lock (this)
        {
            if (_completed)
                return;
            _completed = true;
            if (exception is not null || _gone || _filling.IsEmpty)
            {
                _filling.Free();
                return;
            }

            (_writing ? ref _behind : ref _sending).Append(ref _filling);
            if (_writing)
                return;
            _writing = true;
        }

        Start();
    }

    /// <summary>Ends when all that was flushed is with the kernel, or cannot be.</summary>
    public Task AllSentAsync()
    {
        lock (this)
        {
            if (!_writing)
                return Task.CompletedTask;
            _allSent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _allSent.Task;
        }
    }

    private Block Room(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        return _completed
            ? throw new InvalidOperationException("Writing is not allowed after the writer was completed.")
            : _filling.Room(sizeHint);
    }

    private ValueTaskAwaiter Send()
    {
        if (_sending.Single is { } block)
            return _stream.WriteAsync(block.Memory, CancellationToken.None).GetAwaiter();
        (_gathered ??= []).Clear();
        _sending.Gather(_gathered);
        return _stream.WriteAsync(_gathered, CancellationToken.None).GetAwaiter();
    }

    private void TakeOutcome(ValueTaskAwaiter write)
    {
        try
        {
            write.GetResult();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Volatile.Write(ref _gone, true);
        }

        _sending.Free();
        if (_gone)
            _connection.HasEnded();
    }

    private void Start()
    {
        var write = Send();
        if (write.IsCompleted)
        {
            TakeOutcome(write);
            GoOn();
        }
        else
        {
            Hook(write);
        }
    }

    private void Hook(ValueTaskAwaiter write)
    {
        _write = write;
        write.UnsafeOnCompleted(_writeEnded);
    }

    /// <summary>Sends what was flushed meanwhile; if there is none, the producer need not wait any more.</summary>
    private void GoOn()
    {
        FlushResult result;
        bool wake;
        lock (this)
        {
            if (!_behind.IsEmpty && !_gone)
            {
                _sending.Append(ref _behind);
                wake = false;
                result = default;
            }
            else
            {
                result = EndWriting();
                wake = _wait.IsUnderWay;
                if (wake)
                    _wait.Stop(onPool: false);
                else
                    return;
            }
        }

        if (wake)
            _wait.Core.SetResult(result);
        else
            Start();
    }

    private FlushResult EndWriting()
    {
        _writing = false;
        if (_gone)
            _behind.Free();
        _allSent?.TrySetResult();
        return new FlushResult(false, isCompleted: _gone);
    }
}
