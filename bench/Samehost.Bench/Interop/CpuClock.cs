// clock_getcpuclockid(3), clock_gettime(2): what a process has used, threads that have ended included, in nanoseconds.
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Samehost.Bench.Interop;

/// <summary>The clock that runs while any thread of a process does.</summary>
internal static unsafe partial class CpuClock
{
    public static double Nanoseconds(int process)
    {
        int clock;
        var error = clock_getcpuclockid(process, &clock);
        if (error != 0)
            throw new Win32Exception(error, "clock_getcpuclockid");
        var time = stackalloc long[2];
        if (clock_gettime(clock, time) < 0)
            throw new Win32Exception(Marshal.GetLastSystemError(), "clock_gettime");
        return (time[0] * 1e9) + time[1];
    }

    [LibraryImport("libc")]
    private static partial int clock_getcpuclockid(int process, int* clock);

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, long* time);
}
