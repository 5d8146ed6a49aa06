using Samehost.Interop;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Relay;

/// <summary>
/// Moves bytes that are not observed. Small amounts are copied, which joins small writes; during bulk transfer they are spliced in the
/// kernel. splice(2) would drop descriptors, so they must be refused on these sockets.
/// </summary>
internal sealed class BytePump(RelaySocket source, RelaySocket sink, Direction direction) : RelayPump(source, sink, direction)
{
    private const int FullReadsToSplice = 2;
    private const int SmallSplice = 16 * 1024;
    private const int SmallSplicesToCopy = 8;

    private SplicePipe? _pipe;
    private byte[]? _pending;
    private int _pendingOffset;
    private int _streak;

    protected override bool HasPending => _pending is not null || _pipe?.Count > 0;

    public override void Release(RelayBuffers buffers)
    {
        _pending = null;
        if (_pipe is { } pipe)
            buffers.Return(pipe);
        _pipe = null;
    }

    protected override void Transfer(RelayBuffers buffers)
    {
        if (_pipe is null)
            Copy(buffers);
        else
            Splice(buffers, _pipe);
    }

    protected override void WritePending(RelayBuffers buffers)
    {
        if (_pipe?.Count > 0)
        {
            WritePipe(_pipe);
            return;
        }
        var sent = LibcTransfer.Send(Sink.Socket, _pending.AsSpan(_pendingOffset));
        if (sent < 0)
            WriteFailed(sent);
        else if ((_pendingOffset += sent) == _pending!.Length)
            _pending = null;
    }

    private void Copy(RelayBuffers buffers)
    {
        var buffer = buffers.Buffer;
        var received = LibcTransfer.Receive(Source.Socket, buffer);
        if (received <= 0)
        {
            ReadEnded(received);
            return;
        }
        Bytes += received;
        var full = received == buffer.Length;
        if (!full)
            Source.MarkEmpty();
        var sent = LibcTransfer.Send(Sink.Socket, buffer.AsSpan(0, received));
        if (sent < received)
        {
            (_pending, _pendingOffset) = (buffer.AsSpan(Math.Max(sent, 0), received - Math.Max(sent, 0)).ToArray(), 0);
            if (sent < 0)
                WriteFailed(sent);
        }
        _streak = full ? _streak + 1 : 0;
        if (_streak >= FullReadsToSplice)
        {
            // Bulk transfer: a larger send buffer needs fewer calls.
            if ((_pipe = buffers.RentPipe()) is not null && Sink.IsLocal) // TCP adjusts its buffer itself
                _ = LibcSocketOptions.Set(Sink.Socket, LibcSocketOptions.SO_SNDBUF, SplicePipe.Capacity);
            _streak = 0;
        }
    }

    private void Splice(RelayBuffers buffers, SplicePipe pipe)
    {
        var received = pipe.Fill(Source.Socket);
        if (received <= 0)
        {
            ReadEnded(received);
            return;
        }
        Bytes += received;
        WritePipe(pipe);
        _streak = received < SmallSplice ? _streak + 1 : 0;
        if (_streak >= SmallSplicesToCopy && pipe.Count == 0)
        {
            buffers.Return(pipe);
            _pipe = null;
            _streak = 0;
        }
    }

    private void WritePipe(SplicePipe pipe)
    {
        var sent = pipe.Empty(Sink.Socket);
        if (sent < 0)
            WriteFailed(sent);
    }
}

/// <summary>
/// A pipe that pages pass on their way between two sockets. splice(2) needs the descriptors themselves, so the library's streams cannot be
/// used here.
/// </summary>
internal sealed class SplicePipe : IDisposable
{
    /// <summary>The capacity: the largest that an ordinary user may set.</summary>
    public const int Capacity = 1 << 20;

    private readonly Descriptor _readEnd;
    private readonly Descriptor _writeEnd;

    private SplicePipe(Descriptor readEnd, Descriptor writeEnd) => (_readEnd, _writeEnd) = (readEnd, writeEnd);

    /// <summary>The number of bytes in the pipe.</summary>
    public int Count { get; private set; }

    /// <summary>Creates a pipe; returns null when no descriptor is free.</summary>
    public static SplicePipe? TryCreate()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) < 0)
            return null;
        _ = LibcSplice.SetPipeSize(writeEnd!, Capacity); // a smaller pipe works as well
        return new SplicePipe(readEnd!, writeEnd!);
    }

    /// <summary>Moves bytes from a socket into the empty pipe.</summary>
    public int Fill(Descriptor socket)
    {
        var received = LibcSplice.Move(socket, _writeEnd, Capacity);
        if (received > 0)
            Count += received;
        return received;
    }

    /// <summary>Moves bytes from the pipe into a socket.</summary>
    public int Empty(Descriptor socket)
    {
        var sent = LibcSplice.Move(_readEnd, socket, Count);
        if (sent > 0)
            Count -= sent;
        return sent;
    }

    public void Dispose()
    {
        _readEnd.Dispose();
        _writeEnd.Dispose();
    }
}
