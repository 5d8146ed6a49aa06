// sched_yield(2).
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Giving the processor away between two looks.</summary>
internal static partial class LibcSched
{
    public static void Yield() => _ = sched_yield();

    [LibraryImport("libc")]
    private static partial int sched_yield();
}
