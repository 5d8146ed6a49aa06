using Samehost.Ancillary;
using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>
/// Moves one direction of a link. What is read is written at once; what does not fit is kept, and nothing more is read until it is written,
/// so that backpressure passes through the relay. Belongs to one loop's thread.
/// </summary>
internal abstract class RelayPump(RelaySocket source, RelaySocket sink, Direction direction)
{
    protected const int EAGAIN = -(int)Errno.EAGAIN;

    /// <summary>How many moves one pump makes before other links are served.</summary>
    private const int MaxMoves = 16;

    private bool _sourceEnded;

    public RelaySocket Source => source;

    public RelaySocket Sink => sink;

    public Direction Direction => direction;

    /// <summary>Whether the direction has ended, because its end was passed on or because the sink is closed.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The error of one side, or the reason why something could not be sent.</summary>
    public Errno Failure { get; private set; }

    /// <summary>The side on which the error occurred.</summary>
    public RelaySocket? FailedSide { get; private set; }

    public long Bytes { get; protected set; }

    public long Descriptors { get; protected set; }

    /// <summary>Called when the end of the bytes was passed on.</summary>
    public Action<RelayPump>? Ended { get; init; }

    protected abstract bool HasPending { get; }

    /// <summary>Moves available data; returns true when there may be more.</summary>
    public bool Move(RelayBuffers buffers)
    {
        for (var i = 0; i < MaxMoves && !IsFinished; i++)
        {
            if (sink.IsClosed)
            {
                EndAtClosedSink();
            }
            else if (HasPending)
            {
                if (!sink.IsWritable)
                    return false;
                WritePending(buffers);
            }
            else if (_sourceEnded)
            {
                Finish();
            }
            else if (source.IsReadable)
            {
                Transfer(buffers);
            }
            else
            {
                return false;
            }
        }
        return !IsFinished;
    }

    /// <summary>Releases pending data.</summary>
    public abstract void Release(RelayBuffers buffers);

    /// <summary>Reads, and writes what can be written at once.</summary>
    protected abstract void Transfer(RelayBuffers buffers);

    protected abstract void WritePending(RelayBuffers buffers);

    /// <summary>Handles a read without data: 0 is the end, otherwise <c>-errno</c>.</summary>
    protected void ReadEnded(int result)
    {
        if (result == EAGAIN)
        {
            source.IsReadable = false;
            return;
        }
        _sourceEnded = true; // pending data is written first
        if (result < 0)
            (Failure, FailedSide) = ((Errno)(-result), source);
    }

    /// <summary>Handles a failed write.</summary>
    protected void WriteFailed(int result)
    {
        if (result == EAGAIN)
        {
            sink.IsWritable = false;
            return;
        }
        if (result is not -(int)Errno.EPIPE)
            (Failure, FailedSide) = ((Errno)(-result), sink);
        EndAtClosedSink();
    }

    /// <summary>Ends the link because of an error of the source.</summary>
    protected void Fail(Errno errno)
    {
        (Failure, FailedSide) = (errno, source);
        EndAtClosedSink();
    }

    private void Finish()
    {
        IsFinished = true;
        if (Failure != Errno.None)
            return; // the whole link is closed instead
        Ended?.Invoke(this);
        _ = LibcSocket.Shutdown(sink.Socket, LibcSocket.SHUT_WR);
    }

    /// <summary>Ends the direction because the sink is closed: further writes of the source get EPIPE.</summary>
    private void EndAtClosedSink()
    {
        IsFinished = true;
        if (source.IsLocal)
            _ = LibcSocket.Shutdown(source.Socket, LibcSocket.SHUT_RD);
    }
}

/// <summary>The direction of transfer. The client connected to the relay, and the relay connected to the server.</summary>
internal enum Direction
{
    ToServer,
    ToClient,
}

/// <summary>The buffers that the pumps of one loop share; only one of them runs at a time.</summary>
internal sealed class RelayBuffers : IDisposable
{
    /// <summary>Copies of this size stay in the processor's cache.</summary>
    private const int BufferSize = 64 * 1024;

    private const int MaxPooledPipes = 16;

    // Room for all descriptors of one message, and for the kernel's other control messages.
    private static readonly int ControlSize =
        ControlReceiver.SizeForSender(label: true) + ControlLayout.Space(ControlLayout.MostDescriptors * sizeof(int));

    private readonly Stack<SplicePipe> _pipes = new();

    /// <summary>The buffer between a read and the following write.</summary>
    public byte[] Buffer { get; private set; } = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);

    /// <summary>The buffer for the control messages of one read.</summary>
    public byte[] Control { get; } = GC.AllocateArray<byte>(ControlSize, pinned: true);

    public void EnsureCapacity(int record)
    {
        if (record > Buffer.Length)
            Buffer = GC.AllocateUninitializedArray<byte>(record, pinned: true);
    }

    public SplicePipe? RentPipe() => _pipes.TryPop(out var pipe) ? pipe : SplicePipe.TryCreate();

    /// <summary>Returns a pipe to the pool; one that is not empty is closed.</summary>
    public void Return(SplicePipe pipe)
    {
        if (pipe.Count == 0 && _pipes.Count < MaxPooledPipes)
            _pipes.Push(pipe);
        else
            pipe.Dispose();
    }

    public void Dispose()
    {
        while (_pipes.TryPop(out var pipe))
            pipe.Dispose();
    }
}
