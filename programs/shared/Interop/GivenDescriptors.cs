// fcntl(2), open(2), null(4): reserves the descriptors 0, 1 and 2 in a program that was started without them.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Programs.Interop;

/// <summary>
/// A program may be started without a standard descriptor, as with <c>&gt;&amp;-</c>. The next opened file then gets that number, and
/// output for standard output or error would be written to it: to a client's connection, or to the pipe that reports signals to the
/// runtime. So the numbers are reserved before anything else is opened.
/// </summary>
internal static partial class GivenDescriptors
{
    private const int F_GETFD = 1;
    private const int FD_CLOEXEC = 1;
    private const int O_RDWR = 2;
    private const int O_CLOEXEC = 0x80000;

    private static readonly bool[] Given = new bool[3];

    /// <summary>Gets whether the program was started with the descriptor.</summary>
    /// <param name="descriptor">0, 1 or 2.</param>
    public static bool Has(int descriptor) => Given[descriptor];

    [ModuleInitializer]
    internal static void Reserve()
    {
        for (int descriptor = 0; descriptor < Given.Length; descriptor++)
        {
            int flags = fcntl(descriptor, F_GETFD, 0);
            // Descriptors of the runtime are close-on-exec, and inherited ones cannot be.
            Given[descriptor] = flags >= 0 && (flags & FD_CLOEXEC) == 0;
            if (flags < 0)
                _ = open("/dev/null", O_RDWR | O_CLOEXEC); // gets the lowest free number, which is this one
        }
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
