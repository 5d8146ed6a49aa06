// recv(2), unix(7): how long the next record is.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>Looking at a record before it is received, so that there is room for all of it.</summary>
internal static unsafe partial class LibcRecords
{
    private const int MSG_PEEK = 0x2;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_DONTWAIT = 0x40;

    /// <summary>The length of the next record, which stays where it is; 0 also at the end; or <c>-errno</c>.</summary>
    public static int NextLength(Descriptor socket)
    {
        using var lease = new DescriptorLease(socket);
        nint result;
        do result = LibcResult.From(recv(lease.Fd, null, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT));
        while (result == -LibcResult.EINTR);
        return (int)result;
    }

    [LibraryImport("libc")]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);
}
