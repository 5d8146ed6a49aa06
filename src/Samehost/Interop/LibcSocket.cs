// socket(2), socketpair(2), bind(2), listen(2), connect(2), accept(2), shutdown(2), getsockname(2), getpeername(2).
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Making, naming and connecting sockets.</summary>
internal static unsafe partial class LibcSocket
{
    public const int AF_UNIX = 1;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;

    /// <summary>The size of <c>struct sockaddr_un</c>: two bytes of family and 108 of name.</summary>
    public const int SockAddrSize = 110;

    /// <summary>A new non-blocking, close-on-exec local socket of the given type, or <c>-errno</c>.</summary>
    public static int Socket(int type, out Descriptor? created)
    {
        var fd = LibcResult.From(socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        created = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    public static int SocketPair(int type, out Descriptor? first, out Descriptor? second)
    {
        var pair = stackalloc int[2];
        var result = LibcResult.From(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
        first = result >= 0 ? new Descriptor(pair[0]) : null;
        second = result >= 0 ? new Descriptor(pair[1]) : null;
        return result;
    }

    public static int Bind(Descriptor socket, ReadOnlySpan<byte> address)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* p = address)
            return LibcResult.From(bind(lease.Fd, p, (uint)address.Length));
    }

    public static int Listen(Descriptor socket, int backlog)
    {
        using var lease = new DescriptorLease(socket);
        return LibcResult.From(listen(lease.Fd, backlog));
    }

    public static int Connect(Descriptor socket, ReadOnlySpan<byte> address)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* p = address)
        {
            int result;
            do result = LibcResult.From(connect(lease.Fd, p, (uint)address.Length));
            while (result == -LibcResult.EINTR); // a local connect is atomic: interrupted means not connected
            return result;
        }
    }

    /// <summary>Accepts without asking for the peer's name; returns the new descriptor's number or <c>-errno</c>.</summary>
    public static int Accept(Descriptor listener)
    {
        using var lease = new DescriptorLease(listener);
        int result;
        do result = LibcResult.From(accept4(lease.Fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC));
        while (result == -LibcResult.EINTR);
        return result;
    }

    public static int Shutdown(Descriptor socket, int how)
    {
        using var lease = new DescriptorLease(socket);
        return LibcResult.From(shutdown(lease.Fd, how));
    }

    /// <summary>Writes the socket's own address into <paramref name="address"/>; returns its length or <c>-errno</c>.</summary>
    public static int GetSockName(Descriptor socket, Span<byte> address) => GetName(socket, address, ofPeer: false);

    /// <summary>Writes the address of the peer into <paramref name="address"/>; returns its length or <c>-errno</c>.</summary>
    public static int GetPeerName(Descriptor socket, Span<byte> address) => GetName(socket, address, ofPeer: true);

    private static int GetName(Descriptor socket, Span<byte> address, bool ofPeer)
    {
        using var lease = new DescriptorLease(socket);
        var length = (uint)address.Length;
        fixed (byte* p = address)
        {
            var result = LibcResult.From(ofPeer ? getpeername(lease.Fd, p, &length) : getsockname(lease.Fd, p, &length));
            return result < 0 ? result : Math.Min((int)length, SockAddrSize); // a full 108-byte name is reported as one byte more
        }
    }

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc")]
    private static partial int bind(int fd, byte* address, uint length);

    [LibraryImport("libc")]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc")]
    private static partial int connect(int fd, byte* address, uint length);

    [LibraryImport("libc")]
    private static partial int accept4(int fd, byte* address, uint* length, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int fd, int how);

    [LibraryImport("libc")]
    private static partial int getsockname(int fd, byte* address, uint* length);

    [LibraryImport("libc")]
    private static partial int getpeername(int fd, byte* address, uint* length);
}
