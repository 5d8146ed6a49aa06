using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A send to the connected peer that waits for room in its queue.</summary>
internal sealed class SendOperation(DatagramState datagram) : PendingOperation<int>
{
    private ReadOnlyMemory<byte> _datagram;

    public static SendOperation For(DatagramState state, ReadOnlyMemory<byte> bytes)
    {
        var operation = state.Sends.Take() ?? new SendOperation(state);
        operation._datagram = bytes;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        int result = datagram.Send(_datagram.Span);
        if (result == BlockingCall.Again)
            return false;
        if (result < 0)
            SetOutcome(DatagramState.Failure(result, "send", datagram.Remote));
        else
            SetOutcome(result);
        return true;
    }

    protected override void Recycle()
    {
        _datagram = default;
        base.Recycle();
        datagram.Sends.Return(this);
    }
}
