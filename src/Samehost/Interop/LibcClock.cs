// clock_gettime(2): the clock that every process on the machine shares and nobody sets.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Time since some moment before the machine started.</summary>
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
