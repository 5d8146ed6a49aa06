using System.Diagnostics;
using Samehost.Addresses;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>Sends a datagram to the connected peer (send(2)), to which it connects anew where it was restarted.</summary>
internal readonly struct SendCall : ISocketCall<int>
{
    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        var result = LibcTransfer.Send(socket, buffer);
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
        var result = batch.Receive(socket, ((DatagramContext)socket).Policy);
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
        var reconnected = false;
        while (_sent < batch.Count)
        {
            var result = batch.Send(socket, _sent);
            if (result >= 0)
            {
                _sent += result;
                socket.CallsWithoutWaiting += result; // each datagram is as long as a call
                if (_sent < batch.Count)
                    socket.YieldToPeer(Stopwatch.GetTimestamp()); // the queue is full; a receiver that is running makes room meanwhile
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
/// <param name="ancillaryData">Descriptors and credentials, if any.</param>
/// <param name="remote">The receiver; the connected peer when null, which needs ancillary data.</param>
internal readonly struct SendToCall(UnixAncillaryData? ancillaryData, UnixEndPoint? remote)
{
    public int Try(DatagramContext socket, ReadOnlySpan<byte> datagram)
    {
        if (ancillaryData is null)
        {
            using var address = new CallAddress(remote!, stackalloc byte[LibcSocket.SockAddrSize]);
            return address.Error < 0 ? address.Error : LibcTransfer.SendTo(socket, datagram, address.Bytes);
        }

        var credentials = ancillaryData.Credentials?.ToNative();
        var result = SendMessageCall.Send(socket, datagram, remote, ancillaryData.Descriptors, credentials);
        if (result < 0 && remote is null && socket.TryReconnect(ref result) && result >= 0)
            result = SendMessageCall.Send(socket, datagram, null, ancillaryData.Descriptors, credentials);
        return result;
    }

    public UnixSocketException CreateException(DatagramContext socket, int error) => new((Errno)(-error), "send", Receiver(socket));

    public UnixEndPoint? Receiver(DatagramContext socket) => remote ?? socket.Remote;
}
