// close_range(2), fcntl(2), proc_pid_fd(5): which descriptors a program that is started from here gets.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

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
        foreach (int number in Open()) // before Linux 5.11, or forbidden by a filter
            _ = fcntl(number, F_SETFD, FD_CLOEXEC);
    }

    private static IEnumerable<int> Open()
    {
        try
        {
            var numbers = new List<int>();
            foreach (string path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
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
