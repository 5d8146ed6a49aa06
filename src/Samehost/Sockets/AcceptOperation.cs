using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>An accept that may have to wait.</summary>
internal sealed class AcceptOperation<T>(ListenerState listener, Func<SocketContext, T> wrap, Action<AcceptOperation<T>> recycle)
    : PendingOperation<T>
{
    internal override bool TryPerform(ref bool drained)
    {
        List<IDisposable>? refused = null;
        int result = listener.Accept(out var accepted, ref refused);
        DeferredClose.OnLoop(listener.Core, ref refused);
        if (result == BlockingCall.Again)
            return false;
        if (result < 0)
            SetOutcome(listener.AcceptFailure(result));
        else
            SetOutcome(wrap(accepted!));
        return true;
    }

    protected override void Recycle()
    {
        base.Recycle();
        recycle(this);
    }
}
