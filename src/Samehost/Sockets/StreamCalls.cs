using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>A blocking read.</summary>
internal readonly ref struct ReadCall(StreamState stream, Span<byte> buffer) : IBlockingCall
{
    private readonly Span<byte> _buffer = buffer;

    public int Try() => stream.Receive(_buffer);
}

/// <summary>A blocking wait for something to read.</summary>
internal readonly struct ReadableCall(StreamState stream) : IBlockingCall
{
    public int Try() => stream.IsReadable ? 0 : BlockingCall.Again;
}

/// <summary>A blocking write.</summary>
internal ref struct WriteCall(StreamState stream, ReadOnlySpan<byte> buffer) : IBlockingCall
{
    private ReadOnlySpan<byte> _rest = buffer;

    public int Try()
    {
        while (!_rest.IsEmpty)
        {
            int sent = LibcTransfer.Send(stream.Core.Descriptor, _rest);
            if (sent == BlockingCall.Again && stream.Core.TryWiden(_rest.Length))
                continue;
            if (sent < 0)
                return sent;
            _rest = _rest[sent..];
        }

        return 0;
    }
}

/// <summary>A blocking vectored write.</summary>
internal struct VectoredWriteCall(StreamState stream, IReadOnlyList<ReadOnlyMemory<byte>> buffers) : IBlockingCall
{
    private VectoredWrite _write = new(buffers);

    public int Try() => _write.Advance(stream.Core);
}
