using Samehost.Interop;

namespace Samehost.Tool.Relays;

/// <summary>
/// One direction of a link. What is read is written at once; what does not fit is held, and until it is written nothing more is read, so
/// that a slow reader slows its writer down as if they were connected. Belongs to one loop's thread.
/// </summary>
internal abstract class Flow(RelayEnd source, RelayEnd sink, Direction direction)
{
    protected const int EAGAIN = -(int)Errno.EAGAIN;

    /// <summary>How often one flow moves something before others have their turn.</summary>
    private const int MostMoves = 16;

    private bool _sourceEnded;

    public RelayEnd Source => source;

    public RelayEnd Sink => sink;

    public Direction Direction => direction;

    /// <summary>Nothing more will pass, because the end was passed on or because the sink is gone.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The connection was cut off on one of its sides, or something could not be passed on.</summary>
    public Errno Failure { get; private set; }

    /// <summary>Who was cut off, when something failed.</summary>
    public RelayEnd? Culprit { get; private set; }

    public long Bytes { get; protected set; }

    public long Descriptors { get; protected set; }

    /// <summary>Told when the end of the bytes was passed on.</summary>
    public Action<Flow>? Ended { get; init; }

    protected abstract bool HoldsSomething { get; }

    /// <summary>Moves what can be moved; true when there may be more to move at once.</summary>
    public bool Move(LoopResources resources)
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
    public abstract void Release(LoopResources resources);

    /// <summary>Reads, and writes what can be written at once.</summary>
    protected abstract void Pass(LoopResources resources);

    protected abstract void WriteHeld(LoopResources resources);

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
