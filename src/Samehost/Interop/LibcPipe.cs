// pipe2(2): bytes one way; closing the last write end is a hang-up at the read end.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Pipes.</summary>
internal static unsafe partial class LibcPipe
{
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;

    public static int Create(out Descriptor? readEnd, out Descriptor? writeEnd)
    {
        int* ends = stackalloc int[2];
        int result = LibcResult.From(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
        readEnd = result >= 0 ? new Descriptor(ends[0]) : null;
        writeEnd = result >= 0 ? new Descriptor(ends[1]) : null;
        return result;
    }

    [LibraryImport("libc")]
    private static partial int pipe2(int* ends, int flags);
}
