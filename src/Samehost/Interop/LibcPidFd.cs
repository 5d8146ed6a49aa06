// pidfd_open(2), poll(2) on a pidfd: a process that cannot be mistaken for another.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Processes held by descriptor.</summary>
internal static partial class LibcPidFd
{
    // The same on every architecture that .NET runs on: new calls have one number everywhere.
    private const int SYS_pidfd_open = 434;

    public static int Open(int pid, out Descriptor? pidFd)
    {
        int fd = LibcResult.From((int)syscall(SYS_pidfd_open, pid, 0));
        pidFd = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    /// <summary>A pidfd becomes readable when its process ends.</summary>
    public static bool HasEnded(Descriptor pidFd) => LibcPoll.IsReady(pidFd, LibcPoll.POLLIN);

    /// <summary>The number of the process, from /proc/self/fdinfo; −1 when it is gone and 0 when it has none in our namespace.</summary>
    public static int ProcessId(Descriptor pidFd)
    {
        using var lease = new DescriptorLease(pidFd);
        foreach (string line in File.ReadLines($"/proc/self/fdinfo/{lease.Fd}"))
        {
            if (line.StartsWith("Pid:", StringComparison.Ordinal))
                return line.AsSpan(4).TrimStart() is var number and not "-1" ? Numbers.Parse<int>(number) : -1;
        }

        return -1;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second);
}
