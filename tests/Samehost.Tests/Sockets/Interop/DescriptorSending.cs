// sendmsg(2), cmsg(3), unix(7): sending bytes with a descriptor, as a peer that we did not write may do.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tests.Sockets.Interop;

internal static unsafe partial class DescriptorSending
{
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;

    /// <summary>Sends bytes with a duplicate of the socket itself attached; the kernel's count, or <c>-errno</c>.</summary>
    public static nint SendWithDescriptor(Descriptor socket, ReadOnlySpan<byte> bytes)
    {
        using var lease = new DescriptorLease(socket);
        var control = stackalloc byte[24]; // struct cmsghdr (length, level, type), one descriptor, padding
        *(nuint*)control = 20;
        *(int*)(control + 8) = SOL_SOCKET;
        *(int*)(control + 12) = SCM_RIGHTS;
        *(int*)(control + 16) = lease.Fd;
        fixed (byte* p = bytes)
        {
            var vector = new IoVec { Base = p, Length = (nuint)bytes.Length };
            var message = new MsgHdr { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 24 };
            return LibcResult.From(sendmsg(lease.Fd, &message, 0));
        }
    }

    [LibraryImport("libc")]
    private static partial nint sendmsg(int fd, MsgHdr* message, int flags);
}
