// sock_diag(7), netlink(7), linux/unix_diag.h: the kernel's table of local sockets, in binary.
using System.Runtime.InteropServices;
using static Samehost.Interop.LibcMessage;

namespace Samehost.Interop;

/// <summary>Reads the entries of one socket or of all sockets in our network namespace.</summary>
internal static unsafe partial class SockDiag
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int NETLINK_SOCK_DIAG = 4;
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
        var result = Ask(socketInode, AnyState, NameFileAndUser, entries);
        entry = entries.Count > 0 ? entries[0] : default;
        return result < 0 ? result : entries.Count > 0 ? 0 : -ENOENT;
    }

    /// <summary>Adds the entry of every local socket of this network namespace.</summary>
    public static int List(List<SockDiagEntry> entries) => Ask(null, AnyState, NameFileAndUser, entries);

    /// <summary>Adds the same entries with peers and queues.</summary>
    public static int ListWithQueues(List<SockDiagEntry> entries) => Ask(null, AnyState, NameFileAndUser | PeerAndQueues, entries);

    /// <summary>Adds the entry of every listener, with the connections in its backlog.</summary>
    /// <remarks>It is a separate list because the kernel silently ends a list at an entry longer than 32 KiB, and another user can have
    /// more than eight thousand connections in a backlog if the system allows it.</remarks>
    public static int ListWaiting(List<SockDiagEntry> entries) => Ask(null, 1u << SockDiagEntry.Listening, Icons, entries);

    private static int Ask(uint? socketInode, uint states, uint show, List<SockDiagEntry> entries)
    {
        var fd = LibcResult.From(socket(AF_NETLINK, SOCK_RAW | LibcSocket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
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
            var sent = LibcResult.From(send(fd, p, RequestSize, MSG_NOSIGNAL));
            if (sent < 0)
                return (int)sent;
        }

        var buffer = new byte[32768];
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
            if (!Read(buffer.AsSpan(0, (int)count), entries, out var error))
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
            var length = (int)Read32(batch, 0);
            if (length < HeaderSize || length > batch.Length)
                return false;
            var body = batch[HeaderSize..length];
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

/// <summary>One local socket: its own inode number (what <c>socket:[N]</c> says) and what was asked for about it.</summary>
internal readonly record struct SockDiagEntry(uint SocketInode)
{
    /// <summary>The state of a connected socket; one that was accepted carries the listener's file too.</summary>
    public const byte Established = 1;

    public const byte Listening = 10;

    /// <summary>Bits of <see cref="ShutDown"/>.</summary>
    public const byte ReceivingShutDown = 1;
    public const byte SendingShutDown = 2;

    public const int MessageSize = 16; // unix_diag_msg

    public byte Type { get; init; }

    public byte State { get; init; }

    public byte ShutDown { get; init; }

    /// <summary>As <c>bind</c> was given it, a path with its final NUL; empty when the socket has no name.</summary>
    public byte[] Name { get; init; } = [];

    public uint? FileInode { get; init; }

    /// <summary>As the kernel writes it to itself: twelve bits of major number, twenty of minor.</summary>
    public uint FileDevice { get; init; }

    /// <summary>Zero when there is none, or when it is closed.</summary>
    public uint PeerInode { get; init; }

    /// <summary>Of a listener: the clients that wait to be accepted, by the inode of their own socket.</summary>
    public uint[] Waiting { get; init; } = [];

    /// <summary>Bytes; of a listener, connections that wait.</summary>
    public uint ReceiveQueue { get; init; }

    /// <summary>Bytes of memory; of a listener, its backlog.</summary>
    public uint SendQueue { get; init; }

    public uint SendBuffer { get; init; }

    public uint? User { get; init; }

    /// <summary>Reads a <c>unix_diag_msg</c> and the attributes behind it.</summary>
    public static SockDiagEntry Read(ReadOnlySpan<byte> body)
    {
        var entry = new SockDiagEntry(Number(body, 4)) { Type = body[1], State = body[2] };
        var rest = body[MessageSize..];
        while (rest.Length >= 4)
        {
            int length = MemoryMarshal.Read<ushort>(rest);
            if (length < 4 || length > rest.Length)
                break;
            entry = entry.With(MemoryMarshal.Read<ushort>(rest[2..]), rest[4..length]);
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }
        return entry;
    }

    private SockDiagEntry With(int attribute, ReadOnlySpan<byte> value) => attribute switch
    {
        0 => this with { Name = value.ToArray() }, // UNIX_DIAG_NAME
        1 when value.Length >= 8 => this with { FileInode = Number(value, 0), FileDevice = Number(value, 4) }, // UNIX_DIAG_VFS
        2 when value.Length >= 4 => this with { PeerInode = Number(value, 0) }, // UNIX_DIAG_PEER
        3 => this with { Waiting = MemoryMarshal.Cast<byte, uint>(value).ToArray() }, // UNIX_DIAG_ICONS
        4 when value.Length >= 8 => this with { ReceiveQueue = Number(value, 0), SendQueue = Number(value, 4) }, // UNIX_DIAG_RQLEN
        5 when value.Length >= 16 => this with { SendBuffer = Number(value, 12) }, // UNIX_DIAG_MEMINFO: SK_MEMINFO_SNDBUF
        6 when value.Length >= 1 => this with { ShutDown = value[0] }, // UNIX_DIAG_SHUTDOWN
        7 when value.Length >= 4 => this with { User = Number(value, 0) }, // UNIX_DIAG_UID
        _ => this,
    };

    private static uint Number(ReadOnlySpan<byte> from, int offset) => MemoryMarshal.Read<uint>(from[offset..]);
}
