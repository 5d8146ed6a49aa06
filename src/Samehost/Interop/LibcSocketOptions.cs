// getsockopt(2), setsockopt(2), socket(7), unix(7).
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
        int v = 0;
        uint length = sizeof(int);
        int result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, option, &v, &length));
        value = v;
        return result;
    }

    public static int Set(Descriptor socket, int option, int value)
    {
        using var lease = new DescriptorLease(socket);
        return LibcResult.From(setsockopt(lease.Fd, SOL_SOCKET, option, &value, sizeof(int)));
    }

    /// <summary>Who connected, listened or made the pair, as the kernel noted it at that moment.</summary>
    public static int GetPeerCredentials(Descriptor socket, out UCred credentials)
    {
        using var lease = new DescriptorLease(socket);
        UCred c = default;
        uint length = (uint)sizeof(UCred);
        int result = LibcResult.From(getsockopt(lease.Fd, SOL_SOCKET, SO_PEERCRED, &c, &length));
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
