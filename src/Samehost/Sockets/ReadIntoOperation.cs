using System.Buffers;

namespace Samehost.Sockets;

/// <summary>A read that asks for room only when it tries: while it waits it has none.</summary>
internal sealed class ReadIntoOperation(StreamState stream) : StreamReadOperation(stream)
{
    private IBufferWriter<byte>? _writer;

    public static ReadIntoOperation For(StreamState stream, IBufferWriter<byte> writer)
    {
        var operation = stream.ReadsInto.Take() ?? new ReadIntoOperation(stream);
        operation._writer = writer;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        var writer = _writer!;
        var room = writer.GetSpan();
        if (room.IsEmpty)
            throw new InvalidOperationException("The buffer writer gave no room; a read of nothing would look like the end of the stream.");
        int result = Stream.Receive(room);
        writer.Advance(Math.Max(result, 0));
        return Conclude(result, room.Length, ref drained);
    }

    protected override void Recycle()
    {
        _writer = null;
        base.Recycle();
        Stream.ReadsInto.Return(this);
    }
}
