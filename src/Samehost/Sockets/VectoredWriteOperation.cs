using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A write of several buffers, gathered by the kernel.</summary>
internal sealed class VectoredWriteOperation(StreamState stream, IReadOnlyList<ReadOnlyMemory<byte>> buffers) : PendingOperation<int>
{
    private VectoredWrite _write = new(buffers);

    internal override bool TryPerform(ref bool drained)
    {
        int result = _write.Advance(stream.Core);
        if (result == BlockingCall.Again)
            return false;
        if (result < 0)
            SetOutcome(stream.Failure(result, "write"));
        else
            SetOutcome(result);
        return true;
    }
}
