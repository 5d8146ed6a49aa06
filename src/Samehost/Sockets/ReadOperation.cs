namespace Samehost.Sockets;

/// <summary>A read that may have to wait.</summary>
internal sealed class ReadOperation(StreamState stream) : StreamReadOperation(stream)
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
            if (!Stream.IsReadable)
                return false;
            SetOutcome(0);
            return true;
        }

        return Conclude(Stream.Receive(_buffer.Span), _buffer.Length, ref drained);
    }

    protected override void Recycle()
    {
        _buffer = default;
        base.Recycle();
        Stream.Reads.Return(this);
    }
}
