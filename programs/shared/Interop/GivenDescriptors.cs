// fcntl(2), open(2), null(4): the numbers 0, 1 and 2 where a program was started without them.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Programs.Interop;

/// <summary>
/// A program may be started without a standard descriptor, as <c>&gt;&amp;-</c> does. Whatever is opened next gets that number, and lines
/// for standard output or error would go into it: into a client's connection, or into the pipe that tells the runtime of signals. So the
/// numbers are taken before anything else is opened.
/// </summary>
internal static partial class GivenDescriptors
{
    private const int F_GETFD = 1;
    private const int FD_CLOEXEC = 1;
    private const int O_RDWR = 2;
    private const int O_CLOEXEC = 0x80000;

    private static readonly bool[] Given = new bool[3];

    /// <summary>Whether the program was started with it.</summary>
    /// <param name="descriptor">0, 1 or 2.</param>
    public static bool Has(int descriptor) => Given[descriptor];

    [ModuleInitializer]
    internal static void Reserve()
    {
        for (int descriptor = 0; descriptor < Given.Length; descriptor++)
        {
            int flags = fcntl(descriptor, F_GETFD, 0);
            // What the runtime has opened already is closed on exec, and nothing that a process is given can be.
            Given[descriptor] = flags >= 0 && (flags & FD_CLOEXEC) == 0;
            if (flags < 0)
                _ = open("/dev/null", O_RDWR | O_CLOEXEC); // gets the lowest number that is free: this one
        }
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
