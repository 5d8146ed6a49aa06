// getsockopt(2), setsockopt(2), socket(7), unix(7), pidfd_open(2), pidfd_send_signal(2): socket options, and the peer of a socket.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Options at the SOL_SOCKET level.</summary>
internal static unsafe partial class LibcSocketOptions
{
    public const int SO_TYPE = 3;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_PASSCRED = 16;
    public const int SO_PASSPIDFD = 76;
    public const int SO_PASSSEC = 34;
    public const int SO_ACCEPTCONN = 30;
    public const int SO_DOMAIN = 39;
    public const int SO_PASSRIGHTS = 83;

    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    public static int Get(Descriptor socket, int option, out int value)
    {
        using var lease = new DescriptorLease(socket);
        var v = 0;
        uint length = sizeof(int);
        var result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, option, &v, &length));
        value = v;
        return result;
    }

    public static int Set(Descriptor socket, int option, int value)
    {
        using var lease = new DescriptorLease(socket);
        return LibcResult.From(setsockopt(lease.Fd, SOL_SOCKET, option, &value, sizeof(int)));
    }

    /// <summary>Reads the credentials of the process that connected, listened or created the pair (SO_PEERCRED).</summary>
    public static int GetPeerCredentials(Descriptor socket, out UCred credentials)
    {
        using var lease = new DescriptorLease(socket);
        UCred c = default;
        var length = (uint)sizeof(UCred);
        var result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, SO_PEERCRED, &c, &length));
        credentials = c;
        return result;
    }

    [LibraryImport("libc")]
    private static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport("libc")]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);
}

/// <summary><c>struct ucred</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UCred
{
    public int Pid;
    public uint Uid;
    public uint Gid;
}

/// <summary>Reads the attributes of a peer.</summary>
internal static unsafe partial class LibcPeer
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERSEC = 31;
    private const int SO_PEERGROUPS = 59;
    private const int SO_PEERPIDFD = 77;
    private const int ERANGE = 34;

    /// <summary>Reads the peer's supplementary groups (SO_PEERGROUPS).</summary>
    public static int GetGroups(Descriptor socket, out uint[] groups)
    {
        using var lease = new DescriptorLease(socket);
        groups = new uint[32];
        while (true)
        {
            var length = (uint)groups.Length * sizeof(uint);
            int result;
            fixed (uint* g = groups)
                result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, SO_PEERGROUPS, g, &length));
            if (result == -ERANGE && length > groups.Length * sizeof(uint))
            {
                groups = new uint[length / sizeof(uint)]; // the kernel has said how many there are
                continue;
            }

            groups = result < 0 ? [] : groups[..(int)(length / sizeof(uint))];
            return result;
        }
    }

    /// <summary>Reads the peer's security label (SO_PEERSEC), without a final NUL.</summary>
    public static int GetSecurityLabel(Descriptor socket, out byte[] label)
    {
        using var lease = new DescriptorLease(socket);
        label = new byte[256];
        while (true)
        {
            var length = (uint)label.Length;
            int result;
            fixed (byte* l = label)
                result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, SO_PEERSEC, l, &length));
            if (result == -ERANGE && length > label.Length)
            {
                label = new byte[length];
                continue;
            }

            label = result < 0 ? [] : label.AsSpan(0, (int)length).TrimEnd((byte)0).ToArray();
            return result;
        }
    }

    /// <summary>Opens a pidfd of the peer's process (SO_PEERPIDFD), which remains valid when its number is reused.</summary>
    public static int GetPidFd(Descriptor socket, out Descriptor? pidFd)
    {
        using var lease = new DescriptorLease(socket);
        var fd = -1;
        uint length = sizeof(int);
        var result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, SO_PEERPIDFD, &fd, &length));
        pidFd = result >= 0 && fd >= 0 ? new Descriptor(fd) : null;
        return result;
    }

    [LibraryImport("libc")]
    private static partial int getsockopt(int fd, int level, int option, void* value, uint* length);
}
