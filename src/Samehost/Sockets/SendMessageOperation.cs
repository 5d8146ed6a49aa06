using System.Runtime.InteropServices;
using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A send with descriptors that waits for room. On a stream the descriptors go with the first byte, the rest follows.</summary>
internal sealed class SendMessageOperation(SocketContext core) : PendingOperation<int>
{
    private ReadOnlyMemory<byte> _rest;
    private IReadOnlyList<SafeHandle> _descriptors = [];

    public static SendMessageOperation For(SocketContext core, ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        var operation = core.MessageSends.Take() ?? new SendMessageOperation(core);
        operation._rest = bytes;
        operation._descriptors = descriptors is SafeHandle[]? descriptors : [.. descriptors]; // the list may be code of others
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        do
        {
            int sent = MessageSender.Send(core, _rest.Span, null, _descriptors);
            if (sent == BlockingCall.Again)
                return false;
            if (sent < 0)
            {
                SetOutcome(DatagramState.Failure(sent, "send", socket: core));
                return true;
            }

            _rest = _rest[sent..];
            _descriptors = [];
        }
        while (!_rest.IsEmpty);

        SetOutcome(0);
        return true;
    }

    protected override void Recycle()
    {
        _rest = default;
        _descriptors = [];
        base.Recycle();
        core.MessageSends.Return(this);
    }
}
