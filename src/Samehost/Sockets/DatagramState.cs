using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>What a datagram socket's calls have in common: its socket, whom it is connected to, and whom it heard from.</summary>
internal sealed class DatagramState(SocketContext core)
{
    private readonly EndPointCache _senders = new();
    private MessageReceiver? _messages;
    private readonly List<ReceiverQueueWaiter> _rooms = [];
    private bool _closed;
    private UnixEndPoint? _remote;

    /// <summary>Spares for the next receive and send.</summary>
    public OperationSlot<ReceiveOperation> Receives;
    public OperationSlot<SendOperation> Sends;
    public OperationSlot<ReceiveBatchOperation> BatchReceives;
    public OperationSlot<SendBatchOperation> BatchSends;

    public SocketContext Core { get; } = core;

    /// <summary>Receiving with ancillary data.</summary>
    public MessageReceiver Messages => _messages ??= new MessageReceiver(Core, LibcSocket.SOCK_DGRAM);

    /// <summary>Who may send; null admits everybody.</summary>
    public PeerPolicy? Policy => _messages?.Policy;

    public UnixEndPoint? Remote => Volatile.Read(ref _remote);

    /// <summary>Sets what concerns the senders.</summary>
    public void Apply(UnixDatagramOptions options)
    {
        Core.AcceptsDescriptors = options.AcceptDescriptors;
        // Whoever admits anyone need not ask for each sender's credentials.
        var policy = PeerPolicy.Anyone.Equals(options.PeerPolicy) ? null : options.PeerPolicy;
        _messages = new MessageReceiver(Core, LibcSocket.SOCK_DGRAM) { Policy = policy };
        if (options.TellSenders || policy is not null)
            Core.TellRecordsFromEnd();
        if (options.TellSenders)
            _ = LibcSocketOptions.Set(Core.Descriptor, LibcSocketOptions.SO_PASSPIDFD, 1); // older kernels: credentials only
    }

    public int Connect(UnixEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int result = LibcSocket.Connect(Core.Descriptor, address[..endPoint.WriteSockAddr(address)]);
        if (result >= 0)
            Volatile.Write(ref _remote, endPoint);
        return result;
    }

    /// <summary>Receives once; 0 or <c>-errno</c>.</summary>
    public int Receive(Span<byte> buffer, out UnixDatagramReceiveResult received, ref List<IDisposable>? refused)
    {
        if (_messages?.Policy is not null)
        {
            // Who sent it is known only with the message, so it has to be received with its ancillary data.
            int result = _messages.Receive(buffer, null, out var message, ref refused);
            using (message)
                received = new UnixDatagramReceiveResult(message.Count, message.Length, message.Sender);
            return result;
        }

        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int length = LibcTransfer.ReceiveFrom(Core.Descriptor, buffer, address, out int addressLength);
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
        if (!MayReconnect(sent, out var remote))
            return sent;
        int connected = Connect(remote);
        return connected < 0 ? connected : LibcTransfer.Send(Core.Descriptor, datagram);
    }

    /// <summary>Sends with what goes beside the bytes; to the connected peer, when nobody is named, as <see cref="Send"/> does.</summary>
    public int SendMessage(ReadOnlySpan<byte> datagram, UnixEndPoint? to, IReadOnlyList<SafeHandle> descriptors, UCred? credentials)
    {
        int sent = MessageSender.Send(Core, datagram, to, descriptors, credentials);
        if (to is not null || !MayReconnect(sent, out var remote))
            return sent;
        int connected = Connect(remote);
        return connected < 0 ? connected : MessageSender.Send(Core, datagram, null, descriptors, credentials);
    }

    /// <summary>Sends what is left of a batch; 0 when nothing is, otherwise <c>-errno</c>. Connects anew as <see cref="Send"/>
    /// does.</summary>
    public int SendBatch(UnixDatagramBatch batch, ref int sent)
    {
        bool reconnected = false;
        while (sent < batch.Count)
        {
            int result = batch.Send(Core.Descriptor, sent);
            if (result >= 0)
            {
                sent += result;
                if (sent < batch.Count)
                    LibcSched.Yield(); // the queue is full; a receiver that is at it makes room while we let it
                continue;
            }

            if (reconnected || !MayReconnect(result, out var remote))
                return result;
            reconnected = true;
            if (Connect(remote) is < 0 and var errno)
                return errno;
        }

        return 0;
    }

    public int SendTo(ReadOnlySpan<byte> datagram, UnixEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        return LibcTransfer.SendTo(Core.Descriptor, datagram, address[..endPoint.WriteSockAddr(address)]);
    }

    private bool MayReconnect(int result, [NotNullWhen(true)] out UnixEndPoint? remote)
    {
        remote = Remote;
        return remote is not null && result is (-(int)Errno.ECONNREFUSED or -(int)Errno.ENOTCONN or -(int)Errno.ECONNRESET);
    }

    /// <summary>A way to wait for room at a receiver, which ends when this socket is closed.</summary>
    public ReceiverQueueWaiter EnterRoom(UnixEndPoint? receiver)
    {
        var room = new ReceiverQueueWaiter(Core, receiver);
        lock (_rooms)
        {
            if (!_closed)
            {
                _rooms.Add(room);
                return room;
            }
        }

        room.Dispose();
        throw new ObjectDisposedException(nameof(UnixDatagram));
    }

    public void LeaveRoom(ReceiverQueueWaiter room)
    {
        lock (_rooms)
            _rooms.Remove(room);
        room.Dispose();
    }

    /// <summary>Closes the socket and ends all calls, those that wait at a receiver's queue included.</summary>
    public void Close()
    {
        lock (_rooms)
            _closed = true;
        Core.Dispose();
        lock (_rooms)
            _rooms.ForEach(room => room.Dispose());
    }

    public static UnixSocketException Failure(int result, string operation, UnixEndPoint? endPoint = null, SocketContext? socket = null) =>
        new((Errno)(-result), operation, endPoint) { FailedSocket = socket };
}
