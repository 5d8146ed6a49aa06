// sched_setaffinity(2), sched_getaffinity(2).
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Samehost.Measuring.Interop;

/// <summary>
/// The CPUs that the calling thread may use. A process started by the thread inherits them, so its runtime counts processors and sizes its
/// thread pool accordingly.
/// </summary>
internal static unsafe partial class CpuAffinity
{
    private const int MaskBytes = 1024;

    public static int[] Get()
    {
        var mask = stackalloc byte[MaskBytes];
        Check(sched_getaffinity(0, MaskBytes, mask), "sched_getaffinity");
        var cpus = new List<int>();
        for (var cpu = 0; cpu < MaskBytes * 8; cpu++)
        {
            if ((mask[cpu / 8] & (1 << (cpu % 8))) != 0)
                cpus.Add(cpu);
        }

        return [.. cpus];
    }

    public static void Set(params ReadOnlySpan<int> cpus)
    {
        var mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        foreach (var cpu in cpus)
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        Check(sched_setaffinity(0, MaskBytes, mask), "sched_setaffinity");
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new Win32Exception(Marshal.GetLastSystemError(), $"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // Thread 0 is the calling one. The bytes of a CPU mask are in order on the little-endian machines that .NET runs on.
    [LibraryImport("libc")]
    private static partial int sched_getaffinity(int thread, nuint size, byte* mask);

    [LibraryImport("libc")]
    private static partial int sched_setaffinity(int thread, nuint size, byte* mask);
}
