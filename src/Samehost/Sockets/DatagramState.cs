using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>What a datagram socket's calls have in common: its socket, whom it is connected to, and whom it heard from.</summary>
internal sealed class DatagramState(SocketCore core)
{
    private readonly SenderNames _senders = new();
    private UnixEndPoint? _remote;

    /// <summary>Spares for the next receive and send.</summary>
    public OperationSlot<ReceiveOperation> Receives;
    public OperationSlot<SendOperation> Sends;

    public SocketCore Core { get; } = core;

    public UnixEndPoint? Remote => Volatile.Read(ref _remote);

    public int Connect(UnixEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int result = LibcSocket.Connect(Core.Descriptor, address[..endPoint.WriteSockAddr(address)]);
        if (result >= 0)
            Volatile.Write(ref _remote, endPoint);
        return result;
    }

    /// <summary>Receives once; 0 or <c>-errno</c>.</summary>
    public int Receive(Span<byte> buffer, out UnixDatagramReceiveResult received)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int length = LibcTransfer.ReceiveFrom(Core.Descriptor, buffer, address, out int addressLength, out _);
        received = default;
        if (length < 0)
            return length;
        var sender = _senders.Find(address[..Math.Min(addressLength, address.Length)]);
        received = new UnixDatagramReceiveResult(Math.Min(length, buffer.Length), length, sender);
        return 0;
    }

    /// <summary>
    /// Sends to the connected peer once. A peer that was restarted has left the old connection dead (ECONNREFUSED, then ENOTCONN),
    /// so the address is connected to again before that is reported.
    /// </summary>
    public int Send(ReadOnlySpan<byte> datagram)
    {
        int sent = LibcTransfer.Send(Core.Descriptor, datagram);
        if (sent is not (-(int)Errno.ECONNREFUSED or -(int)Errno.ENOTCONN or -(int)Errno.ECONNRESET) || Remote is not { } remote)
            return sent;
        int connected = Connect(remote);
        return connected < 0 ? connected : LibcTransfer.Send(Core.Descriptor, datagram);
    }

    public int SendTo(ReadOnlySpan<byte> datagram, UnixEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        return LibcTransfer.SendTo(Core.Descriptor, datagram, address[..endPoint.WriteSockAddr(address)]);
    }

    public static UnixSocketException Failure(int result, string operation, UnixEndPoint? endPoint = null) =>
        new((Errno)(-result), operation, endPoint);
}
