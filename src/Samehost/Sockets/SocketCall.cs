using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>
/// A system call on a socket with what it needs beside the buffer, in the form that blocking and asynchronous calls share: a blocking
/// caller repeats <see cref="Try"/> on its own thread, an asynchronous one as a <see cref="SocketOperation{TCall, TResult}"/>.
/// </summary>
internal interface ISocketCall<TResult>
{
    /// <summary>Whether what peers sent and was refused is always closed on the event loop, and never by the caller.</summary>
    static virtual bool ClosesRefusedOnLoop => false;

    /// <summary>Makes the system call once, without blocking.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">The bytes to send, which it does not change, or the room to receive into.</param>
    /// <param name="drained">Set when another try would block until the next event.</param>
    /// <param name="refused">Receives what is to be closed where that may block; see <see cref="DeferredClose"/>.</param>
    /// <returns>0 or more when the call has been carried out, <see cref="SocketContext.Again"/> when it would block, otherwise
    /// <c>-errno</c>.</returns>
    int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused);

    /// <summary>The result of the call, where the last try returned <paramref name="result"/>.</summary>
    TResult GetResult(int result);

    /// <summary>The exception of the call, where the last try returned <paramref name="error"/>.</summary>
    Exception CreateException(SocketContext socket, int error);
}

/// <summary>An asynchronous call that waits. It is reused by the next one of the same type.</summary>
internal sealed class SocketOperation<TCall, TResult>(SocketContext socket, QueueKind queue) : PendingOperation<TResult>(queue)
    where TCall : struct, ISocketCall<TResult>
{
    private object? _owner; // the public object, which must not be finalized while a call waits
    private Memory<byte> _buffer;
    private TCall _call;
    private List<IDisposable>? _refused;

    internal override Registration Registration => socket;

    public void Prepare(object owner, in TCall call, Memory<byte> buffer)
    {
        _owner = owner;
        _call = call;
        _buffer = buffer;
    }

    internal override bool TryPerform(ref bool drained)
    {
        var result = _call.Try(socket, _buffer.Span, ref drained, ref _refused);
        if (_refused is not null && (result == SocketContext.Again || TCall.ClosesRefusedOnLoop))
            DeferredClose.OnLoop(socket, ref _refused);
        if (result == SocketContext.Again)
            return false;
        if (result < 0)
            SetOutcome(_call.CreateException(socket, result));
        else
            SetOutcome(_call.GetResult(result));
        return true;
    }

    protected override void Recycle()
    {
        DeferredClose.Now(ref _refused); // by the caller that receives the outcome, and that alone is held up
        _owner = null;
        _buffer = default;
        _call = default;
        (Queue == QueueKind.Write ? ref socket.Writers : ref socket.Readers).ReturnSpare(this);
    }
}
