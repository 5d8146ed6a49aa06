using Samehost.Reactor;

namespace Samehost.Sockets;

/// <summary>A receive with ancillary data that may have to wait.</summary>
internal sealed class ReceiveMessageOperation(MessageReceiver receiver) : PendingOperation<UnixMessage>
{
    private Memory<byte> _buffer;
    private DescriptorOptions? _wanted;

    public static ReceiveMessageOperation For(MessageReceiver receiver, Memory<byte> buffer, DescriptorOptions? wanted)
    {
        var operation = receiver.Receives.Take() ?? new ReceiveMessageOperation(receiver);
        operation._buffer = buffer;
        operation._wanted = wanted;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        int result = receiver.Receive(_buffer.Span, _wanted, out var message);
        if (result == SyncCall.Again)
            return false;
        if (result < 0)
            SetOutcome(DatagramState.Failure(result, "receive", socket: receiver.Core));
        else
            SetOutcome(message);
        return true;
    }

    protected override void Recycle()
    {
        _buffer = default;
        _wanted = null;
        base.Recycle();
        receiver.Receives.Return(this);
    }
}
