// geteuid(2), getegid(2), mkdir(2), getrlimit(2), pidfd_open(2), setns(2), unsetenv(3), clock_gettime(2), sched_yield(2): the process.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>The effective user and group, which own the files that this process creates.</summary>
internal static partial class LibcIdentity
{
    public static uint EffectiveUser() => geteuid();

    public static uint EffectiveGroup() => getegid();

    public static int MakeDirectory(string path, uint mode) => LibcResult.From(mkdir(path, mode));

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);
}

/// <summary>The resource limits of this process.</summary>
internal static unsafe partial class LibcLimits
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>The limit of descriptors (RLIMIT_NOFILE), which is one more than the largest number; <see cref="int.MaxValue"/> without
    /// limit.</summary>
    public static int Descriptors()
    {
        ResourceLimit limit;
        return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.Current > int.MaxValue ? int.MaxValue : (int)limit.Current;
    }

    private struct ResourceLimit
    {
#pragma warning disable CS0649 // written by libc
        public nuint Current;
        public nuint Most;
#pragma warning restore CS0649
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ResourceLimit* limit);
}

/// <summary>Processes held by descriptor.</summary>
internal static partial class LibcPidFd
{
    // The same on every architecture that .NET runs on: new calls have one number everywhere.
    private const int SYS_pidfd_open = 434;

    public static int Open(int pid, out Descriptor? pidFd)
    {
        var fd = LibcResult.From((int)syscall(SYS_pidfd_open, pid, 0));
        pidFd = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    /// <summary>A pidfd becomes readable when its process ends.</summary>
    public static bool HasEnded(Descriptor pidFd) => LibcPoll.IsReady(pidFd, LibcPoll.POLLIN);

    /// <summary>The number of the process, from /proc/self/fdinfo; −1 if it has ended and 0 if it has none in our namespace.</summary>
    public static int ProcessId(Descriptor pidFd)
    {
        using var lease = new DescriptorLease(pidFd);
        foreach (var line in File.ReadLines($"/proc/self/fdinfo/{lease.Fd}"))
        {
            if (line.StartsWith("Pid:", StringComparison.Ordinal))
                return line.AsSpan(4).TrimStart() is var number and not "-1" ? Numbers.Parse<int>(number) : -1;
        }

        return -1;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second);
}

/// <summary>The namespaces of the calling thread.</summary>
internal static partial class LibcNamespace
{
    private const int CLONE_NEWNET = 0x40000000;

    /// <summary>Moves the calling thread into a network namespace, given as <c>/proc/PID/ns/net</c>, which requires CAP_SYS_ADMIN in
    /// both.</summary>
    /// <remarks>It cannot be undone, so it has to be a thread that ends afterwards.</remarks>
    public static int EnterNetwork(Descriptor space)
    {
        using var lease = new DescriptorLease(space);
        return LibcResult.From(setns(lease.Fd, CLONE_NEWNET));
    }

    [LibraryImport("libc")]
    private static partial int setns(int fd, int type);
}

/// <summary>The environment of the process, of which the runtime has a copy.</summary>
internal static partial class LibcEnvironment
{
    /// <summary>Removes a variable; 0 or <c>-errno</c>.</summary>
    public static int Unset(string name) => LibcResult.From(unsetenv(name));

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);
}

/// <summary>The monotonic clock, which all processes share.</summary>
internal static unsafe partial class LibcClock
{
    private const int CLOCK_MONOTONIC = 1;

    public static long MonotonicMicroseconds()
    {
        TimeSpec now;
        _ = clock_gettime(CLOCK_MONOTONIC, &now); // fails only for a clock that does not exist
        return now.Seconds * 1_000_000L + now.Nanoseconds / 1_000;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, TimeSpec* time);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

/// <summary>Yields the processor.</summary>
internal static partial class LibcSched
{
    public static void Yield() => _ = sched_yield();

    [LibraryImport("libc")]
    private static partial int sched_yield();
}
