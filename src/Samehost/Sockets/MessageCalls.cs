using System.Buffers;
using System.Runtime.InteropServices;
using Samehost.Addresses;
using Samehost.Ancillary;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>Receives bytes or a record together with the ancillary data (recvmsg(2)), into the buffer or into what a writer supplies at the
/// moment of the try.</summary>
/// <param name="wanted">The descriptors that are wanted; null for none.</param>
/// <param name="writer">Supplies the room instead of the buffer.</param>
internal struct ReceiveMessageCall(DescriptorOptions? wanted, IBufferWriter<byte>? writer = null) : ISocketCall<UnixMessage>
{
    private UnixMessage _message;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        var room = writer is null ? buffer : writer.GetSpan();
        if (writer is not null && room.IsEmpty)
            throw new InvalidOperationException("The buffer writer supplied no room; a record would be lost.");
        var result = Receive(socket, room, wanted, out _message, ref refused);
        writer?.Advance(result < 0 ? 0 : _message.Count);
        return result;
    }

    public readonly UnixMessage GetResult(int result) => _message;

    public readonly Exception CreateException(SocketContext socket, int error) =>
        new UnixSocketException((Errno)(-error), "receive") { FailedSocket = socket };

    /// <summary>Receives a datagram without ancillary data (recvfrom(2)), which is faster; 0 or <c>-errno</c>.</summary>
    private static int ReceiveDatagram(DatagramContext socket, Span<byte> buffer, Span<byte> address, out UnixMessage message)
    {
        var length = LibcTransfer.ReceiveFrom(socket, buffer, address, out var addressLength);
        if (length < 0)
        {
            message = default;
            return length;
        }

        message = new UnixMessage
        {
            Count = Math.Min(length, buffer.Length),
            Length = length,
            Sender = socket.Senders.Find(address[..Math.Min(addressLength, address.Length)]),
        };
        return 0;
    }

    /// <summary>Receives once; 0 or <c>-errno</c>. Datagrams whose senders the socket's policy does not allow are dropped.</summary>
    public static int Receive(
        SocketContext socket, Span<byte> buffer, DescriptorOptions? wanted, out UnixMessage message, ref List<IDisposable>? refused)
    {
        var datagrams = socket as DatagramContext;
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        message = default;
        if (socket.ReadError is < 0 and var error)
            return error;
        if (datagrams is { HasAncillaryData: false } && wanted is null)
            return ReceiveDatagram(datagrams, buffer, address, out message);
        var room = ControlReceiver.SizeForSender(socket.HasLabels) + (wanted is null ? 0 : ControlReceiver.SizeForDescriptors(wanted));
        Span<byte> control = stackalloc byte[room];
        while (true)
        {
            var record = socket.Type != LibcSocket.SOCK_STREAM;
            var length = ControlReceiver.Receive(socket, buffer, address, control, record, wanted, out var header);
            message = default;
            if (length == -(int)Errno.ECONNRESET && socket.Type == LibcSocket.SOCK_SEQPACKET && !socket.WasReset)
            {
                socket.WasReset = true; // reported before the records that the peer had sent, which come first
                continue;
            }

            if (length < 0)
                return datagrams is not null ? length : socket.KeepError(length);

            var ancillary = ControlReceiver.Read(control[..header.ControlLength], header.Flags, wanted, ref refused);
            // A record has its sender's credentials, since the socket requests them; the end of the connection has none.
            var end = length == 0 && socket.Type switch
            {
                LibcSocket.SOCK_STREAM => buffer.Length > 0,
                LibcSocket.SOCK_SEQPACKET => header.ControlLength == 0,
                _ => false,
            };
            if (end && socket.WasReset)
                return socket.KeepError(-(int)Errno.ECONNRESET);
            message = new UnixMessage
            {
                Count = Math.Min(length, buffer.Length),
                Length = length,
                IsEnd = end,
                Sender = datagrams is null
                    ? UnixEndPoint.Unnamed
                    : datagrams.Senders.Find(address[..Math.Min(header.AddressLength, address.Length)]),
                Credentials = datagrams is not null && ancillary.Sender is { } sender ? new PeerCredentials(sender, [], null) : null,
                Descriptors = ancillary.Descriptors,
                DescriptorLoss = ancillary.Loss,
                Process = ancillary.PidFd is { } pidFd ? new PeerProcess(pidFd) : null,
            };
            if (datagrams?.Policy is not { } policy || (message.Credentials is { } peer && policy.Allows(peer)))
                return 0;
            (refused ??= []).Add(message);
        }
    }
}

/// <summary>Sends bytes or a record together with descriptors (sendmsg(2)). On a stream the descriptors go with the first byte, and the
/// rest follows.</summary>
/// <param name="descriptors">The descriptors.</param>
/// <param name="credentials">The credentials to send; null for those that the kernel fills in.</param>
internal struct SendMessageCall(IReadOnlyList<SafeHandle> descriptors, UCred? credentials = null) : ISocketCall<int>
{
    private IReadOnlyList<SafeHandle> _descriptors = descriptors;
    private int _sent;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused)
    {
        do
        {
            var result = Send(socket, buffer[_sent..], null, _descriptors, credentials);
            if (result < 0)
                return result;
            _sent += result;
            _descriptors = [];
        }
        while (_sent < buffer.Length);
        return 0;
    }

    public readonly int GetResult(int result) => result;

    public readonly Exception CreateException(SocketContext socket, int error) =>
        new UnixSocketException((Errno)(-error), "send") { FailedSocket = socket };

    /// <summary>Makes a call that may wait: the caller's list may be any code, which must not run later, under a lock.</summary>
    public static SendMessageCall WithCopy(IReadOnlyList<SafeHandle> descriptors, UCred? credentials = null) =>
        new(descriptors as SafeHandle[] ?? [.. descriptors], credentials);

    /// <summary>Sends once. Returns how much was sent (everything, but on a stream perhaps less), or <c>-errno</c>.</summary>
    public static int Send(
        SocketContext socket, ReadOnlySpan<byte> bytes, UnixEndPoint? remote, IReadOnlyList<SafeHandle> descriptors,
        UCred? credentials = null)
    {
        using var address = remote is null ? default : new CallAddress(remote, stackalloc byte[LibcSocket.SockAddrSize]);
        if (address.Error < 0)
            return address.Error;
        Span<byte> control = stackalloc byte[
            ControlLayout.Space(descriptors.Count * sizeof(int)) + ControlLayout.Space(3 * sizeof(int))];
        var writer = new ControlWriter(control);
        var sender = new DescriptorSender(descriptors, stackalloc int[descriptors.Count]);
        try
        {
            if (descriptors.Count > 0)
                writer.AddDescriptors(sender.Hold());
            if (credentials is { } own)
                writer.AddCredentials(own);
            var sent = LibcMessage.Send(socket, bytes, address.Bytes, writer.Written);
            if (sent == -(int)Errno.ECONNRESET)
                socket.WasReset = true; // reported once: the receiving side needs it too
            return sent;
        }
        finally
        {
            sender.Release();
        }
    }
}
