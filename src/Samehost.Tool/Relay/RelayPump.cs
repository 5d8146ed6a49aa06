using Samehost.Ancillary;
using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>
/// One direction of a link. What is read is written at once; what does not fit is held, and until it is written nothing more is read, so
/// that a slow reader slows its writer down as if they were connected. Belongs to one loop's thread.
/// </summary>
internal abstract class RelayPump(RelaySocket source, RelaySocket sink, Direction direction)
{
    protected const int EAGAIN = -(int)Errno.EAGAIN;

    /// <summary>How often one flow moves something before others have their turn.</summary>
    private const int MostMoves = 16;

    private bool _sourceEnded;

    public RelaySocket Source => source;

    public RelaySocket Sink => sink;

    public Direction Direction => direction;

    /// <summary>Nothing more will pass, because the end was passed on or because the sink is gone.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The connection was cut off on one of its sides, or something could not be passed on.</summary>
    public Errno Failure { get; private set; }

    /// <summary>Who was cut off, when something failed.</summary>
    public RelaySocket? Culprit { get; private set; }

    public long Bytes { get; protected set; }

    public long Descriptors { get; protected set; }

    /// <summary>Told when the end of the bytes was passed on.</summary>
    public Action<RelayPump>? Ended { get; init; }

    protected abstract bool HoldsSomething { get; }

    /// <summary>Moves what can be moved; true when there may be more to move at once.</summary>
    public bool Move(RelayBuffers resources)
    {
        for (int i = 0; i < MostMoves && !IsFinished; i++)
        {
            if (sink.IsGone)
            {
                Break();
            }
            else if (HoldsSomething)
            {
                if (!sink.IsWritable)
                    return false;
                WriteHeld(resources);
            }
            else if (_sourceEnded)
            {
                Finish();
            }
            else if (source.IsReadable)
            {
                Pass(resources);
            }
            else
            {
                return false;
            }
        }
        return !IsFinished;
    }

    /// <summary>Lets go of what is held.</summary>
    public abstract void Release(RelayBuffers resources);

    /// <summary>Reads, and writes what can be written at once.</summary>
    protected abstract void Pass(RelayBuffers resources);

    protected abstract void WriteHeld(RelayBuffers resources);

    /// <summary>Notes how a read ended that brought nothing: 0 is the end.</summary>
    protected void ReadEnded(int result)
    {
        if (result == EAGAIN)
        {
            source.IsReadable = false;
            return;
        }
        _sourceEnded = true; // what was read before is written first
        if (result < 0)
            (Failure, Culprit) = ((Errno)(-result), source);
    }

    /// <summary>Notes that a write failed.</summary>
    protected void WriteFailed(int result)
    {
        if (result == EAGAIN)
        {
            sink.IsWritable = false;
            return;
        }
        if (result is not -(int)Errno.EPIPE)
            (Failure, Culprit) = ((Errno)(-result), sink);
        Break();
    }

    /// <summary>Ends the link, because something can be passed on neither now nor later.</summary>
    protected void Refuse(Errno errno)
    {
        (Failure, Culprit) = (errno, source);
        Break();
    }

    private void Finish()
    {
        IsFinished = true;
        if (Failure != Errno.None)
            return; // the link is torn down instead
        Ended?.Invoke(this);
        _ = LibcSocket.Shutdown(sink.Socket, LibcSocket.SHUT_WR);
    }

    /// <summary>Nobody reads what would be passed on: its writer is told so with EPIPE.</summary>
    private void Break()
    {
        IsFinished = true;
        if (source.IsLocal)
            _ = LibcSocket.Shutdown(source.Socket, LibcSocket.SHUT_RD);
    }
}

/// <summary>Which way bytes go. The client is who connected to the relay, the server is what the relay connected to.</summary>
internal enum Direction
{
    ToServer,
    ToClient,
}

/// <summary>What the flows of one loop share, since only one of them runs at a time.</summary>
internal sealed class RelayBuffers : IDisposable
{
    /// <summary>Copies of this size stay in the processor's cache.</summary>
    private const int BufferSize = 64 * 1024;

    private const int MostPipes = 16;

    // Every descriptor that one message can bring, and what the kernel puts beside them.
    private static readonly int RoomForAll =
        ControlReceiver.SizeForSender(label: true) + ControlLayout.Space(ControlLayout.MostDescriptors * sizeof(int));

    private readonly Stack<SplicePipe> _pipes = new();

    /// <summary>For bytes between a read and the write that follows.</summary>
    public byte[] Buffer { get; private set; } = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);

    /// <summary>For the control messages of one read.</summary>
    public byte[] Control { get; } = GC.AllocateArray<byte>(RoomForAll, pinned: true);

    public void MakeRoomFor(int record)
    {
        if (record > Buffer.Length)
            Buffer = GC.AllocateUninitializedArray<byte>(record, pinned: true);
    }

    public SplicePipe? TakePipe() => _pipes.TryPop(out var pipe) ? pipe : SplicePipe.TryCreate();

    /// <summary>Takes a pipe back; one that still holds something is closed.</summary>
    public void Return(SplicePipe pipe)
    {
        if (pipe.Held == 0 && _pipes.Count < MostPipes)
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
