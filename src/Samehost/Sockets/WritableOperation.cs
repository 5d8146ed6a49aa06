using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>Waits until a socket has room to send.</summary>
internal sealed class WritableOperation(SocketContext core) : PendingOperation<int>
{
    internal override bool TryPerform(ref bool drained)
    {
        if (!LibcPoll.IsReady(core.Descriptor, LibcPoll.POLLOUT))
            return false;
        SetOutcome(0);
        return true;
    }
}
