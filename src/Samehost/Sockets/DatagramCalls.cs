using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>Receives a datagram and its sender's address (recvfrom(2)).</summary>
internal struct ReceiveCall : ISocketCall<UnixDatagramReceiveResult>
{
    private UnixDatagramReceiveResult _received;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        var context = (DatagramContext)socket;
        if (context.Policy is not null)
        {
            // The sender is known only with the message, so it has to be received with its ancillary data.
            int result = ReceiveMessageCall.Receive(context, buffer, null, out var message, ref refused);
            using (message)
                _received = new UnixDatagramReceiveResult(message.Count, message.Length, message.Sender);
            return result;
        }

        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int length = LibcTransfer.ReceiveFrom(context, buffer, address, out int addressLength);
        if (length < 0)
            return length;
        var sender = context.Senders.Find(address[..Math.Min(addressLength, address.Length)]);
        _received = new UnixDatagramReceiveResult(Math.Min(length, buffer.Length), length, sender);
        return 0;
    }

    public readonly UnixDatagramReceiveResult GetResult(int result) => _received;

    public readonly Exception CreateException(SocketContext socket, int error) => new UnixSocketException((Errno)(-error), "receive");
}

/// <summary>Sends a datagram to the connected peer (send(2)), to which it connects anew where it was restarted.</summary>
internal readonly struct SendCall : ISocketCall<int>
{
    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        int result = LibcTransfer.Send(socket, buffer);
        if (result < 0 && ((DatagramContext)socket).TryReconnect(ref result) && result >= 0)
            result = LibcTransfer.Send(socket, buffer);
        return result;
    }

    public int GetResult(int result) => result;

    public Exception CreateException(SocketContext socket, int error) => Failure(socket, error);

    public static UnixSocketException Failure(SocketContext socket, int error) =>
        new((Errno)(-error), "send", ((DatagramContext)socket).Remote);
}

/// <summary>Receives the datagrams that are queued, at least one (recvmmsg(2)).</summary>
internal readonly struct ReceiveBatchCall(UnixDatagramBatch batch) : ISocketCall<int>
{
    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        int result = batch.Receive(socket, ((DatagramContext)socket).Policy);
        drained = result >= 0 && batch.HasEmptiedQueue;
        return result;
    }

    public int GetResult(int result) => batch.Count;

    public Exception CreateException(SocketContext socket, int error) => new UnixSocketException((Errno)(-error), "receive");
}

/// <summary>Sends all datagrams of a batch to the connected peer (sendmmsg(2)).</summary>
internal struct SendBatchCall(UnixDatagramBatch batch) : ISocketCall<int>
{
    private int _sent;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        bool reconnected = false;
        while (_sent < batch.Count)
        {
            int result = batch.Send(socket, _sent);
            if (result >= 0)
            {
                _sent += result;
                if (_sent < batch.Count)
                    LibcSched.Yield(); // the queue is full; a receiver that is running makes room meanwhile
                continue;
            }

            if (reconnected || !((DatagramContext)socket).TryReconnect(ref result) || result < 0)
                return result;
            reconnected = true;
        }

        return 0;
    }

    public readonly int GetResult(int result) => _sent;

    public readonly Exception CreateException(SocketContext socket, int error) => SendCall.Failure(socket, error);
}

/// <summary>Sends a datagram to an address, or with ancillary data (sendto(2), sendmsg(2)). It never waits by itself; see
/// <see cref="ReceiverQueueWaiter"/>.</summary>
/// <param name="ancillary">Descriptors and credentials, if any.</param>
/// <param name="remote">The receiver; the connected peer when null, which needs ancillary data.</param>
internal readonly struct SendToCall(UnixAncillaryData? ancillary, UnixEndPoint? remote)
{
    public int Try(DatagramContext socket, ReadOnlySpan<byte> datagram)
    {
        if (ancillary is null)
        {
            Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
            return LibcTransfer.SendTo(socket, datagram, address[..remote!.WriteSockAddr(address)]);
        }

        var credentials = ancillary.Credentials?.ToNative();
        int result = SendMessageCall.Send(socket, datagram, remote, ancillary.Descriptors, credentials);
        if (result < 0 && remote is null && socket.TryReconnect(ref result) && result >= 0)
            result = SendMessageCall.Send(socket, datagram, null, ancillary.Descriptors, credentials);
        return result;
    }

    public UnixSocketException CreateException(DatagramContext socket, int error) => new((Errno)(-error), "send", Receiver(socket));

    public UnixEndPoint? Receiver(DatagramContext socket) => remote ?? socket.Remote;
}
