using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A write that ends when all of its bytes are with the kernel.</summary>
internal sealed class WriteOperation(StreamState stream) : PendingOperation<int>
{
    private ReadOnlyMemory<byte> _rest;

    public static WriteOperation For(StreamState stream, ReadOnlyMemory<byte> buffer)
    {
        var operation = stream.Writes.Take() ?? new WriteOperation(stream);
        operation._rest = buffer;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        while (!_rest.IsEmpty)
        {
            int sent = LibcTransfer.Send(stream.Core.Descriptor, _rest.Span);
            if (sent == BlockingCall.Again)
            {
                if (stream.Core.TryWiden(_rest.Length))
                    continue;
                return false;
            }

            if (sent < 0)
            {
                SetOutcome(stream.Failure(sent, "write"));
                return true;
            }

            _rest = _rest[sent..];
        }

        SetOutcome(0);
        return true;
    }

    protected override void Recycle()
    {
        _rest = default;
        base.Recycle();
        stream.Writes.Return(this);
    }
}
