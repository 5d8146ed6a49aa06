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

    /// <summary>How many of the lowest free descriptor numbers are below <paramref name="end"/>, counted up to
    /// <paramref name="most"/>, by taking them for a moment.</summary>
    /// <param name="any">Any open descriptor.</param>
    /// <param name="most">When to stop counting.</param>
    /// <param name="end">The first number that does not count.</param>
    /// <param name="last">The highest number that was free and counts; -1 when there is none.</param>
    public static int CountFree(Descriptor any, int most, int end, out int last)
    {
        Span<int> taken = stackalloc int[most];
        int count = 0;
        last = -1;
        using var lease = new DescriptorLease(any);
        while (count < most && last + 1 < end)
        {
            // Not below the one before, where others may have closed one meanwhile; so what is counted is distinct.
            int fd = fcntl(lease.Fd, F_DUPFD_CLOEXEC, last + 1);
            if (fd < 0)
                break;
            if (fd >= end)
            {
                _ = close(fd);
                break;
            }

            taken[count++] = last = fd;
        }

        foreach (int fd in taken[..count])
            _ = close(fd);
        return count;
    }

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);
}
