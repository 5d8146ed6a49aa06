using System.Net;
using System.Runtime.InteropServices;
using Samehost.Addresses;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>A datagram socket: also its connected peer, the policy for senders, and the calls that wait at receivers' queues.</summary>
internal sealed class DatagramContext : SocketContext
{
    private readonly List<ReceiverQueueWaiter> _waiters = [];
    private UnixEndPoint? _remote;

    private DatagramContext(int fd)
        : base(fd, LibcSocket.SOCK_DGRAM)
    {
    }

    /// <summary>The addresses of senders.</summary>
    public EndPointCache Senders { get; } = new();

    /// <summary>The policy for senders; null allows all.</summary>
    public PeerPolicy? Policy { get; private set; }

    /// <summary>Whether datagrams may have ancillary data other than descriptors.</summary>
    public bool HasAncillaryData { get; private set; }

    /// <summary>The connected peer; null while there is none.</summary>
    public UnixEndPoint? Remote => Volatile.Read(ref _remote);

    /// <summary>Creates a socket, which refuses descriptors where the kernel can.</summary>
    public static DatagramContext Create(EndPoint? endPoint)
    {
        var context = new DatagramContext(CreateDescriptor(LibcSocket.SOCK_DGRAM, endPoint));
        context.RefuseDescriptors();
        return context;
    }

    /// <summary>Creates two connected sockets.</summary>
    public static (DatagramContext First, DatagramContext Second) CreatePair()
    {
        var (one, other) = CreateDescriptors(LibcSocket.SOCK_DGRAM);
        var pair = (First: new DatagramContext(one), Second: new DatagramContext(other));
        pair.First.RefuseDescriptors();
        pair.Second.RefuseDescriptors();
        return pair;
    }

    /// <summary>Duplicates a socket that was made elsewhere; null where it is of another type.</summary>
    public static DatagramContext? TryFromHandle(SafeHandle handle, out string? problem)
    {
        if (TryDuplicate(handle, LibcSocket.SOCK_DGRAM, out problem) is not { } fd)
            return null;
        var context = new DatagramContext(fd) { HasAncillaryData = true }; // its maker may have asked for it
        _ = context.InitializeForeign(acceptsDescriptors: false, isOurs: true);
        return context;
    }

    /// <summary>Sets what concerns the senders.</summary>
    public void Apply(UnixDatagramOptions options)
    {
        AcceptsDescriptors = options.AcceptDescriptors;
        // Where all are allowed the credentials of each sender are not needed.
        Policy = PeerPolicy.Anyone.Equals(options.PeerPolicy) ? null : options.PeerPolicy;
        if (options.ReceiveCredentials || Policy is not null)
            PassCredentials();
        HasAncillaryData |= options.ReceiveCredentials || Policy is not null;
        if (options.ReceiveCredentials)
            _ = LibcSocketOptions.Set(this, LibcSocketOptions.SO_PASSPIDFD, 1); // older kernels: credentials only
    }

    /// <summary>Connects to a receiver; 0 or <c>-errno</c>.</summary>
    public int Connect(UnixEndPoint endPoint)
    {
        using var address = new CallAddress(endPoint, stackalloc byte[LibcSocket.SockAddrSize]);
        var result = address.Connect(this);
        if (result >= 0)
            Volatile.Write(ref _remote, endPoint);
        return result;
    }

    /// <summary>
    /// Connects anew after an error that a peer leaves behind which was restarted (ECONNREFUSED, then ENOTCONN). False where the error is
    /// another one; otherwise <paramref name="result"/> is that of the connect.
    /// </summary>
    public bool TryReconnect(ref int result)
    {
        if (result is not (-(int)Errno.ECONNREFUSED or -(int)Errno.ENOTCONN or -(int)Errno.ECONNRESET) || Remote is not { } remote)
            return false;
        result = Connect(remote);
        return true;
    }

    /// <summary>A way to wait for room at a receiver, which ends when this socket is closed.</summary>
    public ReceiverQueueWaiter AddWaiter(UnixEndPoint? receiver)
    {
        var waiter = new ReceiverQueueWaiter(this, receiver);
        lock (_waiters)
        {
            if (!IsDisposed)
            {
                _waiters.Add(waiter);
                return waiter;
            }
        }

        waiter.Dispose();
        throw new ObjectDisposedException(nameof(UnixDatagram));
    }

    public void RemoveWaiter(ReceiverQueueWaiter waiter)
    {
        lock (_waiters)
            _waiters.Remove(waiter);
        waiter.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        lock (_waiters)
            _waiters.ForEach(static waiter => waiter.Dispose());
    }
}

/// <summary>Caches the last address, so that datagrams of one peer do not allocate an address each.</summary>
internal sealed class EndPointCache
{
    private readonly Lock _lock = new();
    private UnixEndPoint _last = UnixEndPoint.Unnamed;
    private byte[] _lastBytes = [];

    public UnixEndPoint Find(ReadOnlySpan<byte> sockaddr)
    {
        if (sockaddr.Length <= sizeof(ushort))
            return UnixEndPoint.Unnamed;
        lock (_lock)
        {
            if (!sockaddr.SequenceEqual(_lastBytes))
            {
                _last = UnixEndPoint.FromSockAddr(sockaddr);
                _lastBytes = sockaddr.ToArray();
            }

            return _last;
        }
    }
}
