using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>What a stream's calls have in common: its socket, and an error that stays once it was seen.</summary>
internal sealed class StreamState(SocketCore core)
{
    private int _readError;

    /// <summary>Spares for the next read and write.</summary>
    public OperationSlot<ReadOperation> Reads;
    public OperationSlot<WriteOperation> Writes;

    public SocketCore Core { get; } = core;

    /// <summary>
    /// Receives once. The kernel reports a reset a single time and an end of stream from then on, which would pass a cut-off
    /// conversation for a finished one; so the reset is kept.
    /// </summary>
    public int Receive(Span<byte> buffer)
    {
        int error = Volatile.Read(ref _readError);
        if (error != 0)
            return error;
        int result = LibcTransfer.Receive(Core.Descriptor, buffer);
        if (result < 0 && result != SyncCall.Again)
            Volatile.Write(ref _readError, result);
        return result;
    }

    /// <summary>True when a read would not block.</summary>
    public bool IsReadable => Volatile.Read(ref _readError) != 0 || LibcPoll.IsReady(Core.Descriptor, LibcPoll.POLLIN);

    /// <summary>Streams report failure as <see cref="IOException"/>; ours is the inner exception.</summary>
    public static IOException Failure(int result, string operation)
    {
        var inner = new UnixSocketException((Errno)(-result), operation);
        return new IOException(inner.Message, inner);
    }
}
