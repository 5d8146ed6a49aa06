using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using Samehost.EventLoops;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>
/// A socket: the descriptor with its place in an event loop, the state that calls share, and the two ways to make a call, blocking and
/// asynchronous.
/// </summary>
/// <remarks>
/// The table of the event loop refers to it once a call has waited. So a forgotten socket is closed by the finalizer of the public object,
/// to which pending operations refer and this object does not.
/// </remarks>
internal partial class SocketContext : Registration, IAcceptedSocket<SocketContext>
{
    private const int LargeWrite = 1 << 14;
    private const int LargeSendBuffer = 1 << 20;

    private int _readError;
    private bool _hasSendBuffer;
    private bool _hasPeer;
    private bool? _hasLabels;
    private readonly byte _type;
    private UCred _peer;
    private PeerCredentials? _peerCredentials;

    /// <summary>Makes the context of a socket, which it owns from now on.</summary>
    /// <param name="fd">The number of its descriptor.</param>
    /// <param name="type">Its type (SOCK_…).</param>
    /// <param name="refusesDescriptors">The initial value of <see cref="RefusesDescriptors"/>.</param>
    public SocketContext(int fd, int type, bool refusesDescriptors = false)
        : base(fd)
    {
        _type = (byte)type;
        RefusesDescriptors = refusesDescriptors;
    }

    /// <summary>The type of the socket (SOCK_…).</summary>
    public int Type => _type;

    /// <summary>
    /// Whether the kernel keeps descriptors away from this socket. Then a read that returns less than asked for has emptied it; otherwise
    /// it may have stopped at a message that carries descriptors.
    /// </summary>
    public bool RefusesDescriptors { get; private set; }

    /// <summary>Whether our side has asked for descriptors.</summary>
    public bool MayAcceptDescriptors { get; set; }

    /// <summary>Whether the kernel lets descriptors through to this socket; it cannot keep them away before Linux 6.16.</summary>
    public bool AcceptsDescriptors
    {
        get => MayAcceptDescriptors;
        set
        {
            MayAcceptDescriptors = value;
            var set = LibcSocketOptions.Set(this, LibcSocketOptions.SO_PASSRIGHTS, value ? 1 : 0) >= 0;
            RefusesDescriptors &= set && !value; // never true again: those that were let in before may still be queued
        }
    }

    /// <summary>Whether every message that was sent since SO_PASSCRED was set has the credentials of its sender.</summary>
    public bool HasCredentials => LibcSocketOptions.Get(this, LibcSocketOptions.SO_PASSCRED, out var value) >= 0 && value != 0;

    /// <summary>Whether messages have security labels. Only a service manager that made the socket can have asked for them.</summary>
    public bool HasLabels => _hasLabels ??= LibcSocketOptions.Get(this, LibcSocketOptions.SO_PASSSEC, out var value) >= 0 && value != 0;

    /// <summary>
    /// The error that reading ended with, as <c>-errno</c>, or 0. The kernel reports a reset once and an end of stream from then on, which
    /// would make a connection that was reset look complete; so connected sockets keep it.
    /// </summary>
    public int ReadError => Volatile.Read(ref _readError);

    /// <summary>Whether the kernel has reported that the peer closed without reading everything; it reports that to one call
    /// only.</summary>
    public bool WasReset { get; set; }

    /// <summary>The kernel's limit on what is sent and not yet read, in bytes of its memory.</summary>
    public int SendBufferSize
    {
        get => GetOption(LibcSocketOptions.SO_SNDBUF);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _hasSendBuffer = true;
            SetOption(LibcSocketOptions.SO_SNDBUF, value / 2); // the kernel doubles what is set
        }
    }

    /// <summary>The kernel's limit on what has been received and not yet read, in bytes of its memory.</summary>
    public int ReceiveBufferSize
    {
        get => GetOption(LibcSocketOptions.SO_RCVBUF);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            SetOption(LibcSocketOptions.SO_RCVBUF, value / 2);
        }
    }

    /// <summary>The peer's credentials, which are read once and kept, also after the socket is closed.</summary>
    /// <exception cref="UnixSocketException">The kernel does not report them, for example because the socket is not connected.</exception>
    public PeerCredentials PeerCredentials => _peerCredentials ??= Samehost.PeerCredentials.Of(this);

    /// <summary>Creates a socket, which refuses descriptors where the kernel can.</summary>
    public static SocketContext Create(int type, EndPoint? endPoint)
    {
        var context = new SocketContext(CreateDescriptor(type, endPoint), type);
        context.RefuseDescriptors();
        return context;
    }

    /// <summary>Creates two connected sockets.</summary>
    public static (SocketContext First, SocketContext Second) CreatePair(int type)
    {
        var (one, other) = CreateDescriptors(type);
        var pair = (First: new SocketContext(one, type), Second: new SocketContext(other, type));
        pair.First.RefuseDescriptors();
        pair.Second.RefuseDescriptors();
        return pair;
    }

    /// <summary>Duplicates a socket that was made elsewhere.</summary>
    /// <param name="handle">The socket, which stays its owner's.</param>
    /// <param name="type">The type that it has to have.</param>
    /// <param name="acceptsDescriptors">Whether we ask for descriptors.</param>
    /// <param name="problem">What is wrong with it, where the result is null.</param>
    /// <param name="isOurs">False while its owner may keep it: then its options are not changed, since they would change for the owner
    /// too.</param>
    /// <exception cref="UnixSocketException">EMFILE: no descriptor left.</exception>
    public static SocketContext? TryFromHandle(
        SafeHandle handle, int type, bool acceptsDescriptors, out string? problem, bool isOurs = true)
    {
        if (TryDuplicate(handle, type, out problem) is not { } fd)
            return null;
        var context = new SocketContext(fd, type);
        _ = context.InitializeForeign(acceptsDescriptors, isOurs);
        return context;
    }

    static SocketContext IAcceptedSocket<SocketContext>.Create(SocketContext accepted) => accepted;

    public UnixEndPoint LocalEndPoint()
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        var length = LibcSocket.GetSockName(this, address);
        return length < 0 ? throw new UnixSocketException((Errno)(-length), "getsockname") : UnixEndPoint.FromSockAddr(address[..length]);
    }

    public UnixEndPoint RemoteEndPoint()
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        var length = LibcSocket.GetPeerName(this, address);
        return length < 0 ? throw new UnixSocketException((Errno)(-length), "getpeername") : UnixEndPoint.FromSockAddr(address[..length]);
    }

    /// <summary>Reads the peer's user, group and process of when it connected, which never change, once.</summary>
    public bool TryGetPeer(out UCred peer)
    {
        if (!_hasPeer && LibcSocketOptions.GetPeerCredentials(this, out var found) >= 0)
            (_peer, _hasPeer) = (found, true);
        peer = _peer;
        return _hasPeer;
    }

    /// <summary>Reads the peer's credentials, to be kept; false when the kernel does not report them.</summary>
    public bool TryKeepPeerCredentials([NotNullWhen(true)] out PeerCredentials? credentials)
    {
        if (_peerCredentials is null && TryGetPeer(out var peer) && peer.Uid != uint.MaxValue)
            _peerCredentials = Samehost.PeerCredentials.Of(this, peer);
        return (credentials = _peerCredentials) is not null;
    }

    /// <summary>Descriptors may have come through before the kernel was asked to refuse them.</summary>
    public void DistrustRefusal() => RefusesDescriptors = false;

    /// <summary>Asks for credentials with every record (SO_PASSCRED): an empty record then has some, and the end of the connection has
    /// none.</summary>
    public void PassCredentials() => SetOption(LibcSocketOptions.SO_PASSCRED, 1);

    /// <summary>
    /// Gives a socket with large writes a larger send buffer, once, unless its size was chosen. The default holds about three writes of
    /// 64 KiB, so that writer and reader would wait for each other all the time.
    /// </summary>
    /// <returns>True when there may be room now.</returns>
    public bool TryEnlargeSendBuffer(nint rest)
    {
        if (_hasSendBuffer || rest < LargeWrite)
            return false;
        _hasSendBuffer = true;
        return LibcSocketOptions.Set(this, LibcSocketOptions.SO_SNDBUF, LargeSendBuffer / 2) >= 0;
    }

    /// <summary>Keeps the result of a read of a connected socket, if it is an error that lasts.</summary>
    public int KeepError(int result)
    {
        if (result < 0 && result != Again)
            Volatile.Write(ref _readError, result);
        return result;
    }

    /// <summary>Runs a piece of work on this socket's event loop.</summary>
    public void Post(IThreadPoolWorkItem work) => Loop.Post(work);

    /// <summary>Creates the descriptor of a new socket.</summary>
    protected static int CreateDescriptor(int type, EndPoint? endPoint) =>
        LibcSocket.Socket(type, out var descriptor) is < 0 and var errno
            ? throw new UnixSocketException((Errno)(-errno), "socket", endPoint)
            : descriptor!.Detach();

    /// <summary>Creates the descriptors of two connected sockets.</summary>
    protected static (int First, int Second) CreateDescriptors(int type) =>
        LibcSocket.SocketPair(type, out var first, out var second) is < 0 and var errno
            ? throw new UnixSocketException((Errno)(-errno), "socketpair")
            : (first!.Detach(), second!.Detach());

    /// <summary>Duplicates the descriptor of a socket that was made elsewhere; null where it has not the type.</summary>
    protected static int? TryDuplicate(SafeHandle handle, int type, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if (LibcFcntl.Duplicate(handle, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        var found = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_TYPE, out var actual);
        var local = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_DOMAIN, out var domain) >= 0 && domain == LibcSocket.AF_UNIX;
        if (found >= 0 && local && actual == type)
        {
            problem = null;
            return duplicate!.Detach();
        }

        duplicate!.Dispose();
        var typeName = type switch
        {
            LibcSocket.SOCK_STREAM => "stream",
            LibcSocket.SOCK_DGRAM => "datagram",
            _ => "seqpacket",
        };
        var reason = found < 0 ? "is not a socket" : local ? $"is a local socket of another type ({actual})" : "is not a local socket";
        problem = $"The descriptor {reason}; a local {typeName} socket is wanted.";
        return null;
    }

    /// <summary>Asks the kernel to refuse descriptors, of a socket that is new.</summary>
    protected void RefuseDescriptors() => RefusesDescriptors = LibcSocketOptions.Set(this, LibcSocketOptions.SO_PASSRIGHTS, 0) >= 0;

    /// <summary>Prepares a socket that was made elsewhere.</summary>
    /// <returns>Whether its owner had another setting for descriptors.</returns>
    protected bool InitializeForeign(bool acceptsDescriptors, bool isOurs)
    {
        _ = LibcFcntl.SetNonBlocking(this);
        var accepted = LibcSocketOptions.Get(this, LibcSocketOptions.SO_PASSRIGHTS, out var value) >= 0 && value != 0;
        // Set once, to the final value: the socket may be shared with another process. Descriptors may have been sent to it before, or its
        // owner may let them in again, so a short read proves nothing here.
        if (isOurs)
            _ = LibcSocketOptions.Set(this, LibcSocketOptions.SO_PASSRIGHTS, acceptsDescriptors ? 1 : 0);
        MayAcceptDescriptors = acceptsDescriptors;
        _hasSendBuffer = true; // its owner chooses the size
        return accepted != acceptsDescriptors;
    }

    private int GetOption(int option) => LibcSocketOptions.Get(this, option, out var value) is < 0 and var errno
        ? throw new UnixSocketException((Errno)(-errno), "getsockopt")
        : value;

    private void SetOption(int option, int value)
    {
        if (LibcSocketOptions.Set(this, option, value) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "setsockopt");
    }
}
