// fcntl(2), close_range(2), proc_pid_fd(5), pipe2(2): flags of descriptors, their inheritance, and pipes.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Reads and sets the flags of descriptors, and duplicates them.</summary>
internal static partial class LibcFcntl
{
    private const int F_GETFD = 1;
    private const int F_SETFD = 2;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int FD_CLOEXEC = 1;
    private const int O_NONBLOCK = 0x800;

    /// <summary>Returns 1 if the descriptor is closed on exec, 0 if it is not, or <c>-errno</c> (EBADF: not open).</summary>
    public static int GetCloseOnExec(int number)
    {
        var flags = LibcResult.From(fcntl(number, F_GETFD, 0));
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
        var flags = LibcResult.From(fcntl(lease.Fd, F_GETFL, 0));
        if (flags < 0)
            return flags;
        var wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        return wanted == flags ? 0 : LibcResult.From(fcntl(lease.Fd, F_SETFL, wanted));
    }

    /// <summary>Creates a close-on-exec descriptor of the same open file description.</summary>
    public static int Duplicate(SafeHandle handle, out Descriptor? duplicate)
    {
        using var lease = new DescriptorLease(handle);
        var fd = LibcResult.From(fcntl(lease.Fd, F_DUPFD_CLOEXEC, 0));
        duplicate = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    /// <summary>Counts the lowest free descriptor numbers below <paramref name="end"/>, up to
    /// <paramref name="most"/>, by using them for a moment.</summary>
    /// <param name="any">Any open descriptor.</param>
    /// <param name="most">The maximum of the count.</param>
    /// <param name="end">The first number that does not count.</param>
    /// <param name="last">The highest number that was counted, or -1.</param>
    public static int CountFree(Descriptor any, int most, int end, out int last)
    {
        Span<int> taken = stackalloc int[most];
        var count = 0;
        last = -1;
        using var lease = new DescriptorLease(any);
        while (count < most && last + 1 < end)
        {
            // Not below the one before, where others may have closed one meanwhile; so what is counted is distinct.
            var fd = fcntl(lease.Fd, F_DUPFD_CLOEXEC, last + 1);
            if (fd < 0)
                break;
            if (fd >= end)
            {
                _ = close(fd);
                break;
            }

            taken[count++] = last = fd;
        }

        foreach (var fd in taken[..count])
            _ = close(fd);
        return count;
    }

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);
}

/// <summary>Descriptors that this process inherited without close-on-exec, which its children would inherit in turn.</summary>
internal static partial class LibcCloseRange
{
    private const int SYS_close_range = 436; // on every architecture
    private const uint CLOSE_RANGE_CLOEXEC = 4;
    private const int F_SETFD = 2;
    private const int FD_CLOEXEC = 1;
    private const int FirstOther = 3;

    /// <summary>Sets close-on-exec on all descriptors but 0, 1 and 2.</summary>
    public static void KeepFromChildren()
    {
        if (syscall(SYS_close_range, FirstOther, uint.MaxValue, CLOSE_RANGE_CLOEXEC) >= 0)
            return;
        foreach (var number in Open()) // before Linux 5.11, or forbidden by a filter
            _ = fcntl(number, F_SETFD, FD_CLOEXEC);
    }

    private static IEnumerable<int> Open()
    {
        try
        {
            var numbers = new List<int>();
            foreach (var path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
            {
                if (Numbers.TryParse(Path.GetFileName(path.AsSpan()), out int number) && number >= FirstOther)
                    numbers.Add(number);
            }
            return numbers;
        }
        catch (IOException)
        {
            return Enumerable.Range(FirstOther, 1024); // no /proc: the usual limit
        }
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nuint first, nuint last, nuint flags);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);
}

/// <summary>Pipes.</summary>
internal static unsafe partial class LibcPipe
{
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;

    public static int Create(out Descriptor? readEnd, out Descriptor? writeEnd)
    {
        var ends = stackalloc int[2];
        var result = LibcResult.From(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
        readEnd = result >= 0 ? new Descriptor(ends[0]) : null;
        writeEnd = result >= 0 ? new Descriptor(ends[1]) : null;
        return result;
    }

    [LibraryImport("libc")]
    private static partial int pipe2(int* ends, int flags);
}
