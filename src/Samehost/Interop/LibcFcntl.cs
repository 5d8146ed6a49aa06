// fcntl(2): flags of descriptors that somebody else made.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Making a foreign descriptor behave like our own.</summary>
internal static partial class LibcFcntl
{
    private const int F_GETFD = 1;
    private const int F_SETFD = 2;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int FD_CLOEXEC = 1;
    private const int O_NONBLOCK = 0x800;

    /// <summary>1 when the descriptor is closed on exec, 0 when it is not, or <c>-errno</c> (EBADF: not open).</summary>
    public static int GetCloseOnExec(int number)
    {
        int flags = LibcResult.From(fcntl(number, F_GETFD, 0));
        return flags < 0 ? flags : flags & FD_CLOEXEC;
    }

    public static int SetCloseOnExec(Descriptor descriptor)
    {
        using var lease = new DescriptorLease(descriptor);
        return LibcResult.From(fcntl(lease.Fd, F_SETFD, FD_CLOEXEC));
    }

    /// <summary>Sets or clears O_NONBLOCK, which is shared with every process that has the same open file description.</summary>
    public static int SetNonBlocking(Descriptor descriptor, bool nonBlocking = true)
    {
        using var lease = new DescriptorLease(descriptor);
        int flags = LibcResult.From(fcntl(lease.Fd, F_GETFL, 0));
        if (flags < 0)
            return flags;
        int wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        return wanted == flags ? 0 : LibcResult.From(fcntl(lease.Fd, F_SETFL, wanted));
    }

    /// <summary>A new close-on-exec descriptor for the same open file description.</summary>
    public static int Duplicate(SafeHandle handle, out Descriptor? duplicate)
    {
        using var lease = new DescriptorLease(handle);
        int fd = LibcResult.From(fcntl(lease.Fd, F_DUPFD_CLOEXEC, 0));
        duplicate = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);
}
