using Samehost.Interop;
using Samehost.Ancillary;

namespace Samehost.Sockets;

/// <summary>Receives bytes or records together with what came beside them.</summary>
/// <param name="core">The socket.</param>
/// <param name="type">Its type (SOCK_…), which decides what an empty result means.</param>
internal sealed class MessageReceiver(SocketContext core, int type)
{
    private readonly EndPointCache _senders = new();
    private bool? _hasLabels;

    public SocketContext Core { get; } = core;

    /// <summary>Spares for the next waiting receive.</summary>
    public OperationSlot<ReceiveMessageOperation> Receives;

    /// <summary>Who may send; null admits everybody. Used by datagrams, whose senders are known only message by message.</summary>
    public PeerPolicy? Policy { get; init; }

    // Only a service manager that made the socket can have asked for them, so they do not come later.
    private bool HasLabels => _hasLabels ??=
        LibcSocketOptions.Get(Core.Descriptor, LibcSocketOptions.SO_PASSSEC, out int value) >= 0 && value != 0;

    /// <summary>Receives once; 0 or <c>-errno</c>. Messages from senders that the policy does not admit are dropped unseen.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="wanted">The descriptors that are wanted; null for none.</param>
    /// <param name="message">What came.</param>
    /// <param name="refused">Receives what the caller is to close where that may block; see <see cref="DeferredClose"/>.</param>
    public int Receive(Span<byte> buffer, DescriptorOptions? wanted, out UnixMessage message, ref List<IDisposable>? refused)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int room = ControlReceiver.SizeForSender(HasLabels) + (wanted is null ? 0 : ControlReceiver.SizeForDescriptors(wanted));
        Span<byte> control = stackalloc byte[room];
        message = default;
        if (Core.ReadError is < 0 and var error)
            return error;
        while (true)
        {
            bool record = type != LibcSocket.SOCK_STREAM;
            int length = ControlReceiver.Receive(Core.Descriptor, buffer, address, control, record, wanted, out var header);
            message = default;
            if (length == -(int)Errno.ECONNRESET && type == LibcSocket.SOCK_SEQPACKET && !Core.WasReset)
            {
                Core.WasReset = true; // told before the records that the peer had sent, which come first
                continue;
            }

            if (length < 0)
                return type == LibcSocket.SOCK_DGRAM ? length : Core.KeepError(length);

            var beside = ControlReceiver.Read(control[..header.ControlLength], header.Flags, wanted, ref refused);
            // A record brings its sender's credentials, since the socket asks for them; the end of the conversation brings nothing.
            bool end = length == 0 && type switch
            {
                LibcSocket.SOCK_STREAM => buffer.Length > 0,
                LibcSocket.SOCK_SEQPACKET => header.ControlLength == 0,
                _ => false,
            };
            if (end && Core.WasReset)
                return Core.KeepError(-(int)Errno.ECONNRESET);
            message = new UnixMessage
            {
                Count = Math.Min(length, buffer.Length),
                Length = length,
                IsEnd = end,
                Sender = type == LibcSocket.SOCK_DGRAM
                    ? _senders.Find(address[..Math.Min(header.AddressLength, address.Length)])
                    : UnixEndPoint.Unnamed,
                Credentials = type == LibcSocket.SOCK_DGRAM && beside.Sender is { } sender ? new PeerCredentials(sender, [], null) : null,
                Descriptors = beside.Descriptors,
                DescriptorLoss = beside.Loss,
                Process = beside.PidFd is { } pidFd ? new PeerProcess(pidFd) : null,
            };
            if (Policy is null || (message.Credentials is { } peer && Policy.Allows(peer)))
                return 0;
            (refused ??= []).Add(message);
        }
    }
}
