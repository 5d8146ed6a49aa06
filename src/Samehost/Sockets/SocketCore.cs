using System.Net;
using Samehost.Interop;
using Samehost.Reactor;

namespace Samehost.Sockets;

/// <summary>
/// What all socket types share: the descriptor, its place in the event loop, and closing in an order that no pending call and no
/// reused descriptor number can suffer from.
/// </summary>
internal sealed class SocketCore : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Registration _registration;
    private Descriptor? _closing;
    private bool _closed;

    public SocketCore(Descriptor descriptor, bool refusesDescriptors)
    {
        Descriptor = descriptor;
        RefusesDescriptors = refusesDescriptors;
        _registration = new Registration(descriptor);
    }

    // Nothing of the loop's refers to this object unless a call is pending, so a forgotten socket is closed.
    ~SocketCore() => Dispose();

    public Descriptor Descriptor { get; }

    /// <summary>
    /// True when the kernel keeps descriptors away from this socket. Then a read that returns less than asked for has
    /// emptied it; otherwise it may only have stopped at a message that carries descriptors.
    /// </summary>
    public bool RefusesDescriptors { get; }

    public WaitQueue Readers => _registration.Readers;

    public WaitQueue Writers => _registration.Writers;

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>What blocking reads (accepts, receives) have learned of their waits.</summary>
    public PollBudget ReadBudget;

    /// <summary>What blocking writes have learned of their waits.</summary>
    public PollBudget WriteBudget;

    /// <summary>A new socket of our own, which refuses descriptors where the kernel can.</summary>
    public static SocketCore Create(int type, EndPoint? endPoint)
    {
        if (LibcSocket.Socket(type, out var descriptor) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "socket", endPoint);
        return Adopt(descriptor!);
    }

    /// <summary>A socket that somebody else made: a duplicate of it, non-blocking and closed on exec.</summary>
    public static SocketCore FromHandle(System.Runtime.InteropServices.SafeHandle handle, int type, string typeName)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if (LibcFcntl.Duplicate(handle, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        int found = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_TYPE, out int actual);
        bool local = LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_DOMAIN, out int domain) >= 0 && domain == LibcSocket.AF_UNIX;
        if (found >= 0 && local && actual == type)
        {
            _ = LibcFcntl.SetNonBlocking(duplicate!);
            _ = LibcSocketOptions.Set(duplicate!, LibcSocketOptions.SO_PASSRIGHTS, 0);
            // Descriptors may have been sent to it before, or its owner may let them in again: a short read proves nothing here.
            return new SocketCore(duplicate!, refusesDescriptors: false);
        }

        duplicate!.Dispose();
        string problem = found < 0 ? "is not a socket" : local ? $"is a local socket of another type ({actual})" : "is not a local socket";
        throw new ArgumentException($"The descriptor {problem}; a local {typeName} socket is wanted.", nameof(handle));
    }

    public static SocketCore Adopt(Descriptor descriptor)
    {
        bool refuses = LibcSocketOptions.Set(descriptor, LibcSocketOptions.SO_PASSRIGHTS, 0) >= 0;
        return new SocketCore(descriptor, refuses);
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

    /// <summary>Runs a piece of work on this socket's event loop.</summary>
    public void Post(IThreadPoolWorkItem work) => _registration.Loop.Post(work);

    /// <summary>Blocks the thread until the socket is ready; false when the time is over. Closing the socket ends it with an
    /// exception.</summary>
    public bool WaitReady(short events, TimeSpan limit)
    {
        int result = LibcPoll.Wait(Descriptor, events, ClosingSignal(), limit);
        if (IsClosed)
            throw Closed();
        return result != 0;
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

        _registration.Close();
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
