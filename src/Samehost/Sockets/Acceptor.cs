using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>Accepting, blocking and not, for a listener whose connections are of type <typeparamref name="T"/>.</summary>
internal sealed class Acceptor<T>(ListenerState listener, Func<SocketContext, T> wrap)
{
    private OperationSlot<AcceptOperation<T>> _spare;

    public T Accept()
    {
        var call = new AcceptCall(listener);
        int result = BlockingCall.Run(listener.Core, ref call, LibcPoll.POLLIN, ref listener.Core.ReadBudget, Timeout.Infinite);
        return result >= 0 ? wrap(call.Accepted!) : throw listener.AcceptFailure(result);
    }

    public ValueTask<T> AcceptAsync(CancellationToken token) =>
        listener.Core.Readers.Run(_spare.Take() ?? new AcceptOperation<T>(listener, wrap, o => _spare.Return(o)), token);

    private struct AcceptCall(ListenerState listener) : IBlockingCall
    {
        public SocketContext? Accepted { get; private set; }

        public int Try()
        {
            List<IDisposable>? refused = null;
            int result = listener.Accept(out var accepted, ref refused);
            DeferredClose.Now(ref refused);
            Accepted = accepted;
            return result;
        }
    }
}
