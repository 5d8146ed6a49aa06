using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <content>Sending and receiving.</content>
public sealed partial class UnixDatagram
{
    /// <summary>Receives the next datagram, blocking the thread until there is one (recvfrom(2)).</summary>
    /// <param name="buffer">Where it goes. What does not fit is lost, and the result says so.</param>
    /// <exception cref="UnixSocketException">ECONNRESET on a connected socket whose peer has closed with unread datagrams.</exception>
    public UnixDatagramReceiveResult Receive(Span<byte> buffer)
    {
        var call = new ReceiveCall(_state, buffer);
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLIN, ref _core.ReadBudget, Timeout.Infinite);
        return result >= 0 ? call.Received : throw DatagramState.Failure(result, "receive");
    }

    /// <summary>Receives the next datagram (recvfrom(2)).</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing; a datagram reported as received is received.</remarks>
    /// <param name="buffer">Where it goes. What does not fit is lost, and the result says so.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">ECONNRESET on a connected socket whose peer has closed with unread datagrams.</exception>
    public ValueTask<UnixDatagramReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _core.Readers.Run(ReceiveOperation.For(_state, buffer), cancellationToken);

    /// <summary>
    /// Sends one datagram to the connected peer, blocking the thread while its queue is full. A receiver that was restarted since is
    /// connected to anew.
    /// </summary>
    /// <exception cref="UnixSocketException">ECONNREFUSED or ENOENT (the receiver is gone), EMSGSIZE (larger than the send buffer allows),
    /// ENOTCONN (<see cref="Connect"/> was not called).</exception>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        var call = new SendCall(_state, datagram);
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLOUT, ref _core.WriteBudget, Timeout.Infinite);
        if (result < 0)
            throw DatagramState.Failure(result, "send", RemoteEndPoint);
    }

    /// <summary>Sends one datagram to the connected peer, waiting while its queue is full; otherwise as <see cref="Send"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken = default) =>
        _core.Writers.RunWithoutResult(SendOperation.For(_state, datagram), cancellationToken);

    /// <summary>Sends one datagram to an address, blocking the thread while the receiver's queue is full (sendto(2)).</summary>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED (nobody is there), EACCES, EPROTOTYPE, EMSGSIZE, EPERM (the receiver is
    /// connected to somebody else).</exception>
    public void SendTo(ReadOnlySpan<byte> datagram, UnixEndPoint remote)
    {
        CheckNamed(remote);
        int result = _state.SendTo(datagram, remote);
        if (result == BlockingCall.Again)
        {
            var room = _state.EnterRoom(remote);
            try
            {
                do
                {
                    room.Wait();
                    result = _state.SendTo(datagram, remote);
                }
                while (result == BlockingCall.Again);
            }
            finally
            {
                _state.LeaveRoom(room);
            }
        }

        if (result < 0)
            throw DatagramState.Failure(result, "send", remote);
    }

    /// <summary>Sends one datagram to an address, waiting while the receiver's queue is full (sendto(2)).</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="remote">A path or an abstract name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="SendTo"/>.</exception>
    public ValueTask SendToAsync(ReadOnlyMemory<byte> datagram, UnixEndPoint remote, CancellationToken cancellationToken = default)
    {
        CheckNamed(remote);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        int result = _core.IsClosed ? BlockingCall.Again : _state.SendTo(datagram.Span, remote);
        if (result == BlockingCall.Again)
            return SendToWhenRoomAsync(datagram, remote, cancellationToken);
        return result >= 0 ? ValueTask.CompletedTask : ValueTask.FromException(DatagramState.Failure(result, "send", remote));
    }

    private async ValueTask SendToWhenRoomAsync(ReadOnlyMemory<byte> datagram, UnixEndPoint remote, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_core.IsClosed, this);
        var room = _state.EnterRoom(remote);
        int result;
        try
        {
            do
            {
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
                result = _state.SendTo(datagram.Span, remote);
            }
            while (result == BlockingCall.Again);
        }
        finally
        {
            _state.LeaveRoom(room);
        }

        if (result < 0)
            throw DatagramState.Failure(result, "send", remote);
    }
}
