using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Reactor;

namespace Samehost.Sockets;

/// <summary>A send with descriptors that waits for room. On a stream the descriptors go with the first byte, the rest follows.</summary>
internal sealed class SendMessageOperation(
    SocketCore core, ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, UCred? credentials = null) : PendingOperation<int>
{
    private ReadOnlyMemory<byte> _rest = bytes;
    private IReadOnlyList<SafeHandle> _descriptors = descriptors;

    internal override bool TryPerform(ref bool drained)
    {
        do
        {
            int sent = MessageSender.Send(core, _rest.Span, null, _descriptors, credentials);
            if (sent == SyncCall.Again)
                return false;
            if (sent < 0)
            {
                SetOutcome(DatagramState.Failure(sent, "send"));
                return true;
            }

            _rest = _rest[sent..];
            _descriptors = [];
        }
        while (!_rest.IsEmpty);

        SetOutcome(0);
        return true;
    }
}
