using Samehost.Reactor;

namespace Samehost.Sockets;

/// <summary>A read that may have to wait.</summary>
internal sealed class ReadOperation(StreamState stream) : PendingOperation<int>
{
    private Memory<byte> _buffer;

    public static ReadOperation For(StreamState stream, Memory<byte> buffer)
    {
        var operation = stream.Reads.Take() ?? new ReadOperation(stream);
        operation._buffer = buffer;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        if (_buffer.IsEmpty)
        {
            // Reading nothing waits for something to read. recv(2) with no room would destroy descriptors on their way.
            if (!stream.IsReadable)
                return false;
            SetOutcome(0);
            return true;
        }

        int result = stream.Receive(_buffer.Span);
        if (result == SyncCall.Again)
            return false;
        if (result < 0)
            SetOutcome(StreamState.Failure(result, "read"));
        else
        {
            SetOutcome(result);
            drained = result > 0 && result < _buffer.Length && stream.Core.RefusesDescriptors;
        }

        return true;
    }

    protected override void Recycle()
    {
        _buffer = default;
        base.Recycle();
        stream.Reads.Return(this);
    }
}
