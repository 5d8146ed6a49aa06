// sock_diag(7), netlink(7): the kernel's own table of local sockets, in binary.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Asks for one socket or for all. Only sockets of our own network namespace are seen.</summary>
internal static unsafe partial class SockDiag
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int NETLINK_SOCK_DIAG = 4;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_NOSIGNAL = 0x4000;
    private const ushort SOCK_DIAG_BY_FAMILY = 20;
    private const ushort NLMSG_ERROR = 2;
    private const ushort NLMSG_DONE = 3;
    private const ushort NLM_F_REQUEST = 1;
    private const ushort NLM_F_DUMP = 0x300;
    private const uint NameFileAndUser = 0x1 | 0x2 | 0x40; // UDIAG_SHOW_NAME, UDIAG_SHOW_VFS, UDIAG_SHOW_UID
    private const uint PeerAndQueues = 0x4 | 0x10 | 0x20; // UDIAG_SHOW_PEER, UDIAG_SHOW_RQLEN, UDIAG_SHOW_MEMINFO
    private const uint Icons = 0x8; // UDIAG_SHOW_ICONS
    private const uint AnyState = uint.MaxValue;
    private const int RequestSize = 40; // nlmsghdr 16, unix_diag_req 24
    private const int HeaderSize = 16;
    private const int ENOENT = 2;

    /// <summary>The entry of one socket, or <c>-errno</c>: ENOENT also where the kernel has no such table.</summary>
    public static int Find(uint socketInode, out SockDiagEntry entry)
    {
        var entries = new List<SockDiagEntry>();
        int result = Ask(socketInode, AnyState, NameFileAndUser, entries);
        entry = entries.Count > 0 ? entries[0] : default;
        return result < 0 ? result : entries.Count > 0 ? 0 : -ENOENT;
    }

    /// <summary>Adds the entry of every local socket of this network namespace.</summary>
    public static int List(List<SockDiagEntry> entries) => Ask(null, AnyState, NameFileAndUser, entries);

    /// <summary>The same with peers and queues.</summary>
    public static int ListWithQueues(List<SockDiagEntry> entries) => Ask(null, AnyState, NameFileAndUser | PeerAndQueues, entries);

    /// <summary>
    /// Of the listeners, who waits to be accepted. It is a list of its own because the kernel ends one, without saying so, at a row that is
    /// longer than 32 KiB, and a stranger can have more than eight thousand wait where the system lets him.
    /// </summary>
    public static int ListWaiting(List<SockDiagEntry> entries) => Ask(null, 1u << SockDiagEntry.Listening, Icons, entries);

    private static int Ask(uint? socketInode, uint states, uint show, List<SockDiagEntry> entries)
    {
        int fd = LibcResult.From(socket(AF_NETLINK, SOCK_RAW | LibcSocket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
        if (fd < 0)
            return fd;
        using var netlink = new Descriptor(fd);

        Span<byte> request = stackalloc byte[RequestSize];
        request.Clear();
        Write32(request, 0, RequestSize);
        Write16(request, 4, SOCK_DIAG_BY_FAMILY);
        Write16(request, 6, socketInode is null ? (ushort)(NLM_F_REQUEST | NLM_F_DUMP) : NLM_F_REQUEST);
        Write32(request, 8, 1); // sequence
        request[16] = LibcSocket.AF_UNIX;
        Write32(request, 20, states);
        Write32(request, 24, socketInode ?? 0);
        Write32(request, 28, show);
        Write32(request, 32, uint.MaxValue); // any cookie
        Write32(request, 36, uint.MaxValue);
        fixed (byte* p = request)
        {
            nint sent = LibcResult.From(send(fd, p, RequestSize, MSG_NOSIGNAL));
            if (sent < 0)
                return (int)sent;
        }

        byte[] buffer = new byte[32768];
        while (true)
        {
            nint count;
            fixed (byte* p = buffer)
            {
                // The kernel answers within send and, for a long list, within each recv: waiting is never needed.
                do count = LibcResult.From(recv(fd, p, (nuint)buffer.Length, MSG_DONTWAIT));
                while (count == -LibcResult.EINTR);
            }
            if (count < 0)
                return (int)count;
            if (!Read(buffer.AsSpan(0, (int)count), entries, out int error))
                return error;
            if (socketInode is not null)
                return 0;
        }
    }

    /// <summary>Reads one batch; false at the end of the list, with zero or <c>-errno</c>.</summary>
    private static bool Read(ReadOnlySpan<byte> batch, List<SockDiagEntry> entries, out int error)
    {
        error = 0;
        while (batch.Length >= HeaderSize)
        {
            int length = (int)Read32(batch, 0);
            if (length < HeaderSize || length > batch.Length)
                return false;
            ReadOnlySpan<byte> body = batch[HeaderSize..length];
            switch (Read16(batch, 4))
            {
                case NLMSG_DONE:
                    return false;
                case NLMSG_ERROR:
                    error = body.Length >= 4 ? (int)Read32(body, 0) : 0;
                    return false;
                case SOCK_DIAG_BY_FAMILY when body.Length >= SockDiagEntry.MessageSize:
                    entries.Add(SockDiagEntry.Read(body));
                    break;
            }
            batch = batch[Math.Min(Align(length), batch.Length)..];
        }
        return true;
    }

    private static int Align(int length) => (length + 3) & ~3;

    private static ushort Read16(ReadOnlySpan<byte> from, int offset) => MemoryMarshal.Read<ushort>(from[offset..]);

    private static uint Read32(ReadOnlySpan<byte> from, int offset) => MemoryMarshal.Read<uint>(from[offset..]);

    private static void Write16(Span<byte> to, int offset, ushort value) => MemoryMarshal.Write(to[offset..], in value);

    private static void Write32(Span<byte> to, int offset, uint value) => MemoryMarshal.Write(to[offset..], in value);

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);
}
