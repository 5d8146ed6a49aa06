// getsockopt(2), unix(7), pidfd_open(2), pidfd_send_signal(2): who is at the other end.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>What the kernel knows of a peer.</summary>
internal static unsafe partial class LibcPeer
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERSEC = 31;
    private const int SO_PEERGROUPS = 59;
    private const int SO_PEERPIDFD = 77;
    private const int ERANGE = 34;

    /// <summary>The peer's supplementary groups, however many.</summary>
    public static int GetGroups(Descriptor socket, out uint[] groups)
    {
        using var lease = new DescriptorLease(socket);
        groups = new uint[32];
        while (true)
        {
            uint length = (uint)groups.Length * sizeof(uint);
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

    /// <summary>The peer's security label, as bytes without a closing NUL.</summary>
    public static int GetSecurityLabel(Descriptor socket, out byte[] label)
    {
        using var lease = new DescriptorLease(socket);
        label = new byte[256];
        while (true)
        {
            uint length = (uint)label.Length;
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

    /// <summary>A descriptor for the peer's process, which stays valid for it even when its number is given to another.</summary>
    public static int GetPidFd(Descriptor socket, out Descriptor? pidFd)
    {
        using var lease = new DescriptorLease(socket);
        int fd = -1;
        uint length = sizeof(int);
        int result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, SO_PEERPIDFD, &fd, &length));
        pidFd = result >= 0 && fd >= 0 ? new Descriptor(fd) : null;
        return result;
    }

    [LibraryImport("libc")]
    private static partial int getsockopt(int fd, int level, int option, void* value, uint* length);
}
