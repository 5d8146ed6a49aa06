using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>
/// What all socket types share: the descriptor, its place in the event loop, and closing in an order that no pending call and no
/// reused descriptor number can suffer from.
/// </summary>
internal sealed class SocketContext : IDisposable
{
    private const int LargeWrite = 1 << 14;
    private const int WideSendBuffer = 1 << 20;

    private readonly Lock _lock = new();
    private Descriptor? _closing;
    private UCred? _peer;
    private PeerCredentials? _peerCredentials;
    private int _readError;
    private bool _closed;
    private bool _hasSendBuffer;

    /// <summary>A spare for the next send with descriptors.</summary>
    public OperationSlot<SendMessageOperation> MessageSends;

    public SocketContext(Descriptor descriptor, bool refusesDescriptors)
    {
        Descriptor = descriptor;
        RefusesDescriptors = refusesDescriptors;
        Registration = new Registration(descriptor);
    }

    // Nothing of the loop's refers to this object unless a call is pending, so a forgotten socket is closed.
    ~SocketContext() => Dispose();

    public Descriptor Descriptor { get; }

    /// <summary>
    /// True when the kernel keeps descriptors away from this socket. Then a read that returns less than asked for has
    /// emptied it; otherwise it may only have stopped at a message that carries descriptors.
    /// </summary>
    public bool RefusesDescriptors { get; private set; }

    /// <summary>True when our side has asked for descriptors.</summary>
    public bool MayAcceptDescriptors { get; set; }

    /// <summary>Whether the kernel lets descriptors through to this socket; it cannot keep them away before Linux 6.16.</summary>
    public bool AcceptsDescriptors
    {
        get => MayAcceptDescriptors;
        set
        {
            MayAcceptDescriptors = value;
            bool told = LibcSocketOptions.Set(Descriptor, LibcSocketOptions.SO_PASSRIGHTS, value ? 1 : 0) >= 0;
            RefusesDescriptors &= told && !value; // never again true: those that were let in before may still be waiting
        }
    }

    /// <summary>True when its owner had wished otherwise. For a listener: clients that wait in its backlog came by that rule.</summary>
    public bool HadOtherRule { get; private init; }

    /// <summary>Descriptors may have come through before the kernel was told to refuse them.</summary>
    public void DistrustRefusal() => RefusesDescriptors = false;

    /// <summary>True when whatever comes here says who has sent it (SO_PASSCRED), from the moment on when that was asked for.</summary>
    public bool HasCredentials => LibcSocketOptions.Get(Descriptor, LibcSocketOptions.SO_PASSCRED, out int value) >= 0 && value != 0;

    /// <summary>Asks for credentials with every record (SO_PASSCRED), which an empty record then has and the end of the conversation
    /// has not.</summary>
    public void TellRecordsFromEnd()
    {
        if (LibcSocketOptions.Set(Descriptor, LibcSocketOptions.SO_PASSCRED, 1) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "setsockopt");
    }

    /// <summary>Its place in an event loop.</summary>
    public Registration Registration { get; }

    public OperationQueue Readers => Registration.Readers;

    public OperationQueue Writers => Registration.Writers;

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>
    /// The error that reading ended with, as <c>-errno</c>, or 0. The kernel reports a reset a single time and an end of stream from then
    /// on, which would pass a cut-off conversation for a finished one; so connected sockets keep it.
    /// </summary>
    public int ReadError => Volatile.Read(ref _readError);

    /// <summary>True when the kernel has told that the peer closed without reading everything; it tells only the call that comes
    /// first.</summary>
    public bool WasReset { get; set; }

    /// <summary>What blocking reads (accepts, receives) have learned of their waits.</summary>
    public SpinBudget ReadBudget;

    /// <summary>What blocking writes have learned of their waits.</summary>
    public SpinBudget WriteBudget;

    /// <summary>The kernel's limit on what is sent and not yet read, in bytes of its memory.</summary>
    public int SendBufferSize
    {
        get => LibcSocketOptions.Get(Descriptor, LibcSocketOptions.SO_SNDBUF, out int size) is < 0 and var errno
            ? throw new UnixSocketException((Errno)(-errno), "getsockopt")
            : size;
        set
        {
            _hasSendBuffer = true;
            if (LibcSocketOptions.Set(Descriptor, LibcSocketOptions.SO_SNDBUF, value / 2) is < 0 and var errno)
                throw new UnixSocketException((Errno)(-errno), "setsockopt");
        }
    }

    /// <summary>
    /// Gives a socket that large writes go through a larger buffer, once, and unless somebody chose its size. The default takes about three
    /// writes of 64 KiB, so that writer and reader wait for each other all the time.
    /// </summary>
    /// <returns>True when there may be room now.</returns>
    public bool TryWiden(nint rest)
    {
        if (_hasSendBuffer || rest < LargeWrite)
            return false;
        _hasSendBuffer = true;
        return LibcSocketOptions.Set(Descriptor, LibcSocketOptions.SO_SNDBUF, WideSendBuffer / 2) >= 0;
    }

    /// <summary>A new socket of our own, which refuses descriptors where the kernel can.</summary>
    public static SocketContext Create(int type, EndPoint? endPoint)
    {
        if (LibcSocket.Socket(type, out var descriptor) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "socket", endPoint);
        return Adopt(descriptor!);
    }

    public static (SocketContext First, SocketContext Second) CreatePair(int type)
    {
        if (LibcSocket.SocketPair(type, out var first, out var second) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "socketpair");
        return (Adopt(first!), Adopt(second!));
    }

    /// <summary>A socket that somebody else made: a duplicate of it, non-blocking and closed on exec.</summary>
    /// <param name="handle">The socket, which stays its owner's.</param>
    /// <param name="type">The type that it has to have.</param>
    /// <param name="typeName">The same for people.</param>
    /// <param name="acceptsDescriptors">Whether we ask for descriptors.</param>
    /// <param name="isOurs">False while its owner may keep it: then the kernel is not told of our wishes, which would become his.</param>
    /// <exception cref="ArgumentException">It is not a local socket of that type.</exception>
    public static SocketContext FromHandle(
        SafeHandle handle, int type, string typeName, bool acceptsDescriptors = false, bool isOurs = true) =>
        TryFromHandle(handle, type, typeName, acceptsDescriptors, isOurs, out var core) is { } problem
            ? throw new ArgumentException(problem, nameof(handle))
            : core!;

    /// <summary>As <see cref="FromHandle"/>, for a descriptor that another process has sent: returns what is wrong with it, or
    /// null.</summary>
    /// <exception cref="UnixSocketException">EMFILE: no descriptor left.</exception>
    public static string? TryFromHandle(
        SafeHandle handle, int type, string typeName, bool acceptsDescriptors, bool isOurs, out SocketContext? core)
    {
        core = null;
        ArgumentNullException.ThrowIfNull(handle);
        if (LibcFcntl.Duplicate(handle, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        int found = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_TYPE, out int actual);
        bool local = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_DOMAIN, out int domain) >= 0 && domain == LibcSocket.AF_UNIX;
        if (found >= 0 && local && actual == type)
        {
            _ = LibcFcntl.SetNonBlocking(duplicate!);
            bool accepted = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_PASSRIGHTS, out int value) >= 0 && value != 0;
            // Set once, to what it is to be: the socket may be shared with another process.
            if (isOurs)
                _ = LibcSocketOptions.Set(duplicate!, LibcSocketOptions.SO_PASSRIGHTS, acceptsDescriptors ? 1 : 0);
            // Descriptors may have been sent to it before, or its owner may let them in again: a short read proves nothing here.
            core = new SocketContext(duplicate!, refusesDescriptors: false)
            {
                MayAcceptDescriptors = acceptsDescriptors,
                HadOtherRule = accepted != acceptsDescriptors,
                _hasSendBuffer = true, // its size is its owner's business
            };
            return null;
        }

        duplicate!.Dispose();
        string problem = found < 0 ? "is not a socket" : local ? $"is a local socket of another type ({actual})" : "is not a local socket";
        return $"The descriptor {problem}; a local {typeName} socket is wanted.";
    }

    public static SocketContext Adopt(Descriptor descriptor)
    {
        bool refuses = LibcSocketOptions.Set(descriptor, LibcSocketOptions.SO_PASSRIGHTS, 0) >= 0;
        return new SocketContext(descriptor, refuses);
    }

    public UnixEndPoint LocalEndPoint()
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int length = LibcSocket.GetSockName(Descriptor, address);
        return length < 0 ? throw new UnixSocketException((Errno)(-length), "getsockname") : UnixEndPoint.FromSockAddr(address[..length]);
    }

    public UnixEndPoint RemoteEndPoint()
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int length = LibcSocket.GetPeerName(Descriptor, address);
        return length < 0 ? throw new UnixSocketException((Errno)(-length), "getpeername") : UnixEndPoint.FromSockAddr(address[..length]);
    }

    /// <summary>The peer's user, group and process of when it connected; the kernel is asked once, since that never changes.</summary>
    public bool TryGetPeer(out UCred peer)
    {
        if (_peer is null && LibcSocketOptions.GetPeerCredentials(Descriptor, out var found) >= 0)
            _peer = found;
        peer = _peer.GetValueOrDefault();
        return _peer is not null;
    }

    /// <summary>The peer's credentials, which are read once and kept, also when the socket is closed.</summary>
    /// <exception cref="UnixSocketException">The kernel does not tell, for example because the socket is not connected.</exception>
    public PeerCredentials PeerCredentials => _peerCredentials ??= Samehost.PeerCredentials.Of(Descriptor);

    /// <summary>Reads the peer's credentials, to be kept; false when the kernel does not tell.</summary>
    public bool TryKeepPeerCredentials([NotNullWhen(true)] out PeerCredentials? credentials)
    {
        if (_peerCredentials is null && TryGetPeer(out var peer) && peer.Uid != uint.MaxValue)
            _peerCredentials = Samehost.PeerCredentials.Of(Descriptor, peer);
        return (credentials = _peerCredentials) is not null;
    }

    /// <summary>Runs a piece of work on this socket's event loop.</summary>
    public void Post(IThreadPoolWorkItem work) => Registration.Loop.Post(work);

    /// <summary>Blocks the thread until the socket is ready; false when the time is over. Closing the socket ends it with an
    /// exception.</summary>
    public bool WaitReady(short events, TimeSpan limit)
    {
        int result = LibcPoll.Wait(Descriptor, events, ClosingSignal(), limit);
        if (IsClosed)
            throw Closed();
        return result != 0;
    }

    /// <summary>Keeps the result of a read of a connected socket, if it is an error that lasts.</summary>
    public int KeepError(int result)
    {
        if (result < 0 && result != -(int)Errno.EAGAIN)
            Volatile.Write(ref _readError, result);
        return result;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
                return;
            Volatile.Write(ref _closed, true);
            if (_closing is not null)
                LibcEventFd.Signal(_closing);
        }

        Registration.Close();
        Descriptor.Dispose();
        _closing?.Dispose(); // closed for real when the last waiter has let go of it
        GC.SuppressFinalize(this);
    }

    private static ObjectDisposedException Closed() => new(null, "The socket is closed.");

    private Descriptor? ClosingSignal()
    {
        lock (_lock)
        {
            if (_closed)
                throw Closed();
            if (_closing is null)
                _ = LibcEventFd.Create(out _closing); // without it (EMFILE) a wait ends only by readiness or time
            return _closing;
        }
    }
}
