using Samehost.Reactor;

namespace Samehost.Sockets;

/// <summary>An accept that may have to wait.</summary>
internal sealed class AcceptOperation(UnixListener listener) : PendingOperation<UnixStream>
{
    internal override bool TryPerform(ref bool drained)
    {
        int fd = listener.TryAccept();
        if (fd == SyncCall.Again)
            return false;
        if (fd < 0)
            SetOutcome(listener.AcceptFailure(fd));
        else
            SetOutcome(listener.Accepted(fd));
        return true;
    }

    protected override void Recycle()
    {
        base.Recycle();
        listener.Accepts.Return(this);
    }
}
