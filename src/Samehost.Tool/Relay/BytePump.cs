using Samehost.Interop;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Relay;

/// <summary>
/// Bytes that nobody looks at. Small amounts are copied, which joins many small writes into one; while much is under way it is spliced:
/// the kernel then hands pages on. A spliced message would lose its descriptors, so these must not be able to come.
/// </summary>
internal sealed class BytePump(RelaySocket source, RelaySocket sink, Direction direction) : RelayPump(source, sink, direction)
{
    private const int FullReadsToSplice = 2;
    private const int LittleForSplice = 16 * 1024;
    private const int LittleReadsToCopy = 8;

    private SplicePipe? _pipe;
    private byte[]? _held;
    private int _heldFrom;
    private int _streak;

    protected override bool HoldsSomething => _held is not null || _pipe?.Held > 0;

    public override void Release(RelayBuffers resources)
    {
        _held = null;
        if (_pipe is { } pipe)
            resources.Return(pipe);
        _pipe = null;
    }

    protected override void Pass(RelayBuffers resources)
    {
        if (_pipe is null)
            Copy(resources);
        else
            Splice(resources, _pipe);
    }

    protected override void WriteHeld(RelayBuffers resources)
    {
        if (_pipe?.Held > 0)
        {
            WritePipe(_pipe);
            return;
        }
        int put = LibcTransfer.Send(Sink.Socket, _held.AsSpan(_heldFrom));
        if (put < 0)
            WriteFailed(put);
        else if ((_heldFrom += put) == _held!.Length)
            _held = null;
    }

    private void Copy(RelayBuffers resources)
    {
        byte[] buffer = resources.Buffer;
        int got = LibcTransfer.Receive(Source.Socket, buffer);
        if (got <= 0)
        {
            ReadEnded(got);
            return;
        }
        Bytes += got;
        bool full = got == buffer.Length;
        if (!full)
            Source.WasEmptied();
        int put = LibcTransfer.Send(Sink.Socket, buffer.AsSpan(0, got));
        if (put < got)
        {
            (_held, _heldFrom) = (buffer.AsSpan(Math.Max(put, 0), got - Math.Max(put, 0)).ToArray(), 0);
            if (put < 0)
                WriteFailed(put);
        }
        _streak = full ? _streak + 1 : 0;
        if (_streak >= FullReadsToSplice)
        {
            // A large amount is under way: with more room fewer calls do.
            if ((_pipe = resources.TakePipe()) is not null && Sink.IsLocal) // TCP sees to it by itself
                _ = LibcSocketOptions.Set(Sink.Socket, LibcSocketOptions.SO_SNDBUF, SplicePipe.Room);
            _streak = 0;
        }
    }

    private void Splice(RelayBuffers resources, SplicePipe pipe)
    {
        int got = pipe.Fill(Source.Socket);
        if (got <= 0)
        {
            ReadEnded(got);
            return;
        }
        Bytes += got;
        WritePipe(pipe);
        _streak = got < LittleForSplice ? _streak + 1 : 0;
        if (_streak >= LittleReadsToCopy && pipe.Held == 0)
        {
            resources.Return(pipe);
            _pipe = null;
            _streak = 0;
        }
    }

    private void WritePipe(SplicePipe pipe)
    {
        int put = pipe.Empty(Sink.Socket);
        if (put < 0)
            WriteFailed(put);
    }
}

/// <summary>The pipe that pages go through on their way from one socket to another.</summary>
internal sealed class SplicePipe : IDisposable
{
    /// <summary>As large as an ordinary user may make it.</summary>
    public const int Room = 1 << 20;

    private readonly Descriptor _readEnd;
    private readonly Descriptor _writeEnd;

    private SplicePipe(Descriptor readEnd, Descriptor writeEnd) => (_readEnd, _writeEnd) = (readEnd, writeEnd);

    /// <summary>How many bytes are in it.</summary>
    public int Held { get; private set; }

    /// <summary>A pipe, or none when there are no descriptors left for one.</summary>
    public static SplicePipe? TryCreate()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) < 0)
            return null;
        _ = LibcSplice.SetPipeSize(writeEnd!, Room); // a smaller one does too
        return new SplicePipe(readEnd!, writeEnd!);
    }

    /// <summary>Moves bytes from a socket into the pipe, which has to be empty.</summary>
    public int Fill(Descriptor socket)
    {
        int got = LibcSplice.Move(socket, _writeEnd, Room);
        if (got > 0)
            Held += got;
        return got;
    }

    /// <summary>Moves bytes from the pipe into a socket.</summary>
    public int Empty(Descriptor socket)
    {
        int put = LibcSplice.Move(_readEnd, socket, Held);
        if (put > 0)
            Held -= put;
        return put;
    }

    public void Dispose()
    {
        _readEnd.Dispose();
        _writeEnd.Dispose();
    }
}
