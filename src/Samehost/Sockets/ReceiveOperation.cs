using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A receive that may have to wait.</summary>
internal sealed class ReceiveOperation(DatagramState datagram) : PendingOperation<UnixDatagramReceiveResult>
{
    private Memory<byte> _buffer;
    private List<IDisposable>? _refused;

    public static ReceiveOperation For(DatagramState datagram, Memory<byte> buffer)
    {
        var operation = datagram.Receives.Take() ?? new ReceiveOperation(datagram);
        operation._buffer = buffer;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        int result = datagram.Receive(_buffer.Span, out var received, ref _refused);
        if (result == BlockingCall.Again)
        {
            DeferredClose.OnLoop(datagram.Core, ref _refused);
            return false;
        }

        if (result < 0)
            SetOutcome(DatagramState.Failure(result, "receive"));
        else
            SetOutcome(received);
        return true;
    }

    protected override void Recycle()
    {
        DeferredClose.Now(ref _refused);
        _buffer = default;
        base.Recycle();
        datagram.Receives.Return(this);
    }
}
