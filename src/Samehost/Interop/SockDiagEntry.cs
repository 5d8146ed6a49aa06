// sock_diag(7), linux/unix_diag.h: one row of the kernel's table of local sockets.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

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
        ReadOnlySpan<byte> rest = body[MessageSize..];
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
