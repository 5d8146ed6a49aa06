using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>What a stream's calls have in common: its socket, and an error that stays once it was seen.</summary>
internal sealed class StreamState(SocketContext core)
{
    /// <summary>Spares for the next read and write.</summary>
    public OperationSlot<ReadOperation> Reads;
    public OperationSlot<ReadIntoOperation> ReadsInto;
    public OperationSlot<WriteOperation> Writes;

    public SocketContext Core { get; } = core;

    /// <summary>Receives once; an error other than EAGAIN lasts.</summary>
    public int Receive(Span<byte> buffer) =>
        Core.ReadError is < 0 and var error ? error : Core.KeepError(LibcTransfer.Receive(Core.Descriptor, buffer));

    /// <summary>True when a read would not block.</summary>
    public bool IsReadable => Core.ReadError != 0 || LibcPoll.IsReady(Core.Descriptor, LibcPoll.POLLIN);

    /// <summary>Streams report failure as <see cref="IOException"/>; ours is the inner exception.</summary>
    public IOException Failure(int result, string operation)
    {
        var inner = new UnixSocketException((Errno)(-result), operation) { FailedSocket = Core };
        return new IOException(inner.Message, inner);
    }
}
