// waitid(2), waitpid(2), kill(2), signal(2): children and how they ended.
using System.Runtime.InteropServices;

namespace Samehost.Tool.Interop;

internal static unsafe partial class LibcChild
{
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;

    private const int SIGCHLD = 17;
    private const int EINTR = 4;
    private const int P_ALL = 0;
    private const int WEXITED = 4;
    private const int WNOWAIT = 0x01000000;

    /// <summary>Where <c>si_pid</c> is in a <c>siginfo_t</c> of 64 bits.</summary>
    private const int ProcessOffset = 16;

    /// <summary>Waits until a child has ended and leaves it as it is, so that its number cannot be given to another process yet.</summary>
    /// <returns>Its number, or −1 when there is no child.</returns>
    public static int WaitForEnded()
    {
        byte* information = stackalloc byte[128];
        new Span<byte>(information, 128).Clear();
        while (waitid(P_ALL, 0, information, WEXITED | WNOWAIT) < 0)
        {
            if (Marshal.GetLastSystemError() != EINTR)
                return -1;
        }
        return *(int*)(information + ProcessOffset);
    }

    /// <summary>Takes the status of a child that has ended, which is then gone: its exit status, or 128 and the signal.</summary>
    public static int Reap(int process)
    {
        int status = 0;
        while (waitpid(process, &status, 0) < 0 && Marshal.GetLastSystemError() == EINTR)
        {
        }
        int signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }

    /// <summary>Sends a signal to a child that was not reaped.</summary>
    public static void Signal(int process, int signal) => _ = kill(process, signal);

    /// <summary>Whoever started us may have had us ignore the end of children: then there would be no status to take.</summary>
    public static void KeepStatuses() => _ = signal(SIGCHLD, 0);

    [LibraryImport("libc")]
    private static partial int waitid(int idType, uint id, byte* information, int options);

    [LibraryImport("libc")]
    private static partial int waitpid(int process, int* status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
