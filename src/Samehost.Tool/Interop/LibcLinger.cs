// socket(7), tcp(7): closing a TCP connection with a reset.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>The only way to tell a TCP peer that its connection did not end in order.</summary>
internal static unsafe partial class LibcLinger
{
    private const int SOL_SOCKET = 1;
    private const int SO_LINGER = 13;

    /// <summary>From now on closing the socket throws away what it holds and resets the connection.</summary>
    public static int ResetOnClose(Descriptor socket)
    {
        using var lease = new DescriptorLease(socket);
        int* linger = stackalloc int[2] { 1, 0 };
        return LibcResult.From(setsockopt(lease.Fd, SOL_SOCKET, SO_LINGER, linger, 2 * sizeof(int)));
    }

    [LibraryImport("libc")]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);
}
