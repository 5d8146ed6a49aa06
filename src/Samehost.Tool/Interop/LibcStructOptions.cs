// socket(7), setsockopt(2): options whose value is a struct.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>Sets socket options whose value is a struct.</summary>
internal static unsafe partial class LibcStructOptions
{
    private const int SOL_SOCKET = 1;
    private const int SO_LINGER = 13;
    private const int SO_RCVTIMEO = 20;

    /// <summary>
    /// Makes the close of a TCP socket discard its data and reset the connection, which is how a failure is reported to the peer.
    /// </summary>
    /// <returns>0, or <c>-errno</c>.</returns>
    public static int ResetOnClose(Descriptor socket)
    {
        var linger = stackalloc int[2] { 1, 0 };
        return Set(socket, SO_LINGER, linger, 2 * sizeof(int));
    }

    /// <summary>Makes blocking reads fail with EAGAIN after this time.</summary>
    /// <returns>0, or <c>-errno</c>.</returns>
    public static int SetReceiveTimeout(SafeHandle socket, TimeSpan timeout)
    {
        var value = stackalloc long[2] { (long)timeout.TotalSeconds, timeout.Microseconds + (1000L * timeout.Milliseconds) };
        return Set(socket, SO_RCVTIMEO, value, 2 * sizeof(long));
    }

    private static int Set(SafeHandle socket, int option, void* value, uint length)
    {
        using var lease = new DescriptorLease(socket);
        return LibcResult.From(setsockopt(lease.Fd, SOL_SOCKET, option, value, length));
    }

    [LibraryImport("libc")]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);
}
