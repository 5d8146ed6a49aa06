// splice(2), fcntl(2), pipe(7): moves bytes from socket to socket without copying them into the process.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>Moves pages from a socket to a pipe and from a pipe to a socket; both have to be non-blocking.</summary>
internal static unsafe partial class LibcSplice
{
    private const uint SPLICE_F_MOVE = 1;
    private const uint SPLICE_F_NONBLOCK = 2;
    private const int F_SETPIPE_SZ = 1031;

    /// <summary>Moves at most <paramref name="most"/> bytes; returns the number, 0 at the end of the source, or <c>-errno</c>.</summary>
    public static int Move(Descriptor source, Descriptor sink, int most)
    {
        using var from = new DescriptorLease(source);
        using var to = new DescriptorLease(sink);
        nint result;
        do result = LibcResult.From(splice(from.Fd, null, to.Fd, null, (nuint)most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
        while (result == -LibcResult.EINTR);
        return (int)result;
    }

    /// <summary>Sets the capacity of a pipe; returns it, or <c>-errno</c> (EPERM: over the user's limit).</summary>
    public static int SetPipeSize(Descriptor pipe, int bytes)
    {
        using var lease = new DescriptorLease(pipe);
        return LibcResult.From(fcntl(lease.Fd, F_SETPIPE_SZ, bytes));
    }

    [LibraryImport("libc")]
    private static partial nint splice(int source, long* sourceOffset, int sink, long* sinkOffset, nuint length, uint flags);

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);
}
