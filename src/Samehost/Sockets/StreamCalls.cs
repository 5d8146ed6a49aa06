using System.Buffers;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>Reads from a stream (recv(2)), into the buffer or into what a writer supplies at the moment of the try.</summary>
internal readonly struct ReadCall(IBufferWriter<byte>? writer) : ISocketCall<int>
{
    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        if (writer is not null)
            return TryInto(writer, socket, ref drained);
        if (!buffer.IsEmpty)
            return TryRead(socket, buffer, ref drained);
        // An empty read waits for something to read. recv(2) without room would destroy descriptors that are queued.
        return socket.ReadError != 0 || LibcPoll.IsReady(socket, LibcPoll.POLLIN) ? 0 : SocketContext.Again;
    }

    public int GetResult(int result) => result;

    public Exception CreateException(SocketContext socket, int error) => Failure(socket, error, "read");

    /// <summary>Streams report a failure as <see cref="IOException"/>, whose inner exception is ours.</summary>
    public static IOException Failure(SocketContext socket, int error, string operation)
    {
        var inner = new UnixSocketException((Errno)(-error), operation) { FailedSocket = socket };
        return new IOException(inner.Message, inner);
    }

    private static int TryRead(SocketContext socket, Span<byte> buffer, ref bool drained)
    {
        if (socket.ReadError is < 0 and var error)
            return error;
        var result = socket.KeepError(LibcTransfer.Receive(socket, buffer));
        drained = result > 0 && result < buffer.Length && socket.RefusesDescriptors;
        return result;
    }

    private static int TryInto(IBufferWriter<byte> writer, SocketContext socket, ref bool drained)
    {
        var room = writer.GetSpan();
        if (room.IsEmpty)
            throw new InvalidOperationException("The buffer writer supplied no room; an empty read would look like the end of the stream.");
        var result = TryRead(socket, room, ref drained);
        writer.Advance(Math.Max(result, 0));
        return result;
    }
}

/// <summary>Writes to a stream until the kernel has all bytes (send(2)).</summary>
internal struct WriteCall : ISocketCall<int>
{
    private int _sent;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        while (_sent < buffer.Length)
        {
            var result = LibcTransfer.Send(socket, buffer[_sent..]);
            if (result >= 0)
                _sent += result;
            else if (result != SocketContext.Again || !socket.TryEnlargeSendBuffer(buffer.Length - _sent))
                return result;
        }

        return 0;
    }

    public readonly int GetResult(int result) => result;

    public readonly Exception CreateException(SocketContext socket, int error) => ReadCall.Failure(socket, error, "write");
}

/// <summary>Writes several buffers to a stream until the kernel has all bytes (sendmsg(2)).</summary>
internal struct VectoredWriteCall(IReadOnlyList<ReadOnlyMemory<byte>> buffers) : ISocketCall<int>
{
    private int _index;
    private int _offset;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        while (true)
        {
            while (_index < buffers.Count && buffers[_index].Length == _offset)
                (_index, _offset) = (_index + 1, 0);
            if (_index == buffers.Count)
                return 0;
            var sent = LibcTransfer.SendVectored(socket, buffers, _index, _offset);
            if (sent == SocketContext.Again && socket.TryEnlargeSendBuffer(buffers[_index].Length - _offset))
                continue;
            if (sent < 0)
                return (int)sent;
            while (sent > 0)
            {
                var step = Math.Min(sent, buffers[_index].Length - _offset);
                sent -= step;
                _offset += (int)step;
                if (_offset == buffers[_index].Length)
                    (_index, _offset) = (_index + 1, 0);
            }
        }
    }

    public readonly int GetResult(int result) => result;

    public readonly Exception CreateException(SocketContext socket, int error) => ReadCall.Failure(socket, error, "write");
}

/// <summary>Waits until a socket has room to send, and sends nothing.</summary>
internal readonly struct WritableCall : ISocketCall<int>
{
    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused) =>
        LibcPoll.IsReady(socket, LibcPoll.POLLOUT) ? 0 : SocketContext.Again;

    public int GetResult(int result) => result;

    public Exception CreateException(SocketContext socket, int error) => new UnixSocketException((Errno)(-error), "send");
}
