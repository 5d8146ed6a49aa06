using System.Buffers;
using Samehost.Reactor;

namespace Samehost.Sockets;

/// <summary>A read that asks for room only when it tries: while it waits it has none.</summary>
internal sealed class ReadIntoOperation(StreamState stream) : PendingOperation<int>
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
        int result = stream.Receive(room);
        writer.Advance(Math.Max(result, 0));
        if (result == SyncCall.Again)
            return false;
        if (result < 0)
            SetOutcome(StreamState.Failure(result, "read"));
        else
        {
            SetOutcome(result);
            drained = result > 0 && result < room.Length && stream.Core.RefusesDescriptors;
        }

        return true;
    }

    protected override void Recycle()
    {
        _writer = null;
        base.Recycle();
        stream.ReadsInto.Return(this);
    }
}
