// posix_spawn(3), posix_spawn_file_actions_adddup2(3), posix_spawnattr_setflags(3), waitid(2), waitpid(2), kill(2), signal(2).
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>
/// Starts and reaps child processes. <see cref="System.Diagnostics.Process"/> gives a child only pipes; here it gets one descriptor as its
/// standard input and output.
/// </summary>
internal static unsafe partial class LibcProcess
{
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;

    private const int SIGPIPE = 13;
    private const int SIGCHLD = 17;
    private const short POSIX_SPAWN_SETPGROUP = 2;
    private const short POSIX_SPAWN_SETSIGDEF = 4;
    private const int EINTR = 4;
    private const int P_ALL = 0;
    private const int WEXITED = 4;
    private const int WNOWAIT = 0x01000000;

    /// <summary>Where <c>si_pid</c> is in a <c>siginfo_t</c> of 64 bits.</summary>
    private const int ProcessOffset = 16;

    /// <summary>Larger than either object of any C library (glibc: 80 and 336 bytes).</summary>
    private const int ObjectSize = 1024;

    /// <summary>
    /// Starts a program found in PATH, in a process group of its own. It inherits the connection and standard error only.
    /// </summary>
    /// <returns>The process id, or <c>-errno</c>, also that of the exec in the child.</returns>
    public static int Spawn(string[] command, string[] environment, SafeHandle connection)
    {
        var actions = stackalloc byte[ObjectSize];
        var attributes = stackalloc byte[ObjectSize];
        using var argv = new NativeStrings(command);
        using var envp = new NativeStrings(environment);
        var held = false;
        var failed = posix_spawn_file_actions_init(actions);
        if (failed != 0)
            return -failed;
        failed = posix_spawnattr_init(attributes);
        try
        {
            connection.DangerousAddRef(ref held);
            var descriptor = (int)connection.DangerousGetHandle();
            var process = 0;
            if (failed == 0)
                failed = posix_spawn_file_actions_adddup2(actions, descriptor, 0);
            if (failed == 0)
                failed = posix_spawn_file_actions_adddup2(actions, descriptor, 1);
            if (failed == 0)
                failed = posix_spawn_file_actions_adddup2(actions, 2, 2); // if it was not open at start, ours is close-on-exec
            // The runtime ignores SIGPIPE, and children inherit that; a filter whose reader has closed should end.
            var signals = stackalloc ulong[16];
            new Span<ulong>(signals, 16).Clear();
            signals[0] = 1ul << (SIGPIPE - 1);
            if (failed == 0)
                failed = posix_spawnattr_setsigdefault(attributes, signals);
            if (failed == 0)
                failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
            LibcCloseRange.KeepFromChildren();
            if (failed == 0)
                failed = posix_spawnp(&process, argv.Pointers[0], actions, attributes, argv.Pointers, envp.Pointers);
            return failed == 0 ? process : -failed;
        }
        finally
        {
            if (held)
                connection.DangerousRelease();
            _ = posix_spawnattr_destroy(attributes);
            _ = posix_spawn_file_actions_destroy(actions);
        }
    }

    /// <summary>Waits until a child has ended without reaping it, so that its id cannot be reused yet.</summary>
    /// <returns>The process id, or −1 when there is no child.</returns>
    public static int WaitForEnded()
    {
        var information = stackalloc byte[128];
        new Span<byte>(information, 128).Clear();
        while (waitid(P_ALL, 0, information, WEXITED | WNOWAIT) < 0)
        {
            if (Marshal.GetLastSystemError() != EINTR)
                return -1;
        }
        return *(int*)(information + ProcessOffset);
    }

    /// <summary>Reaps a child that has ended; returns its exit status, or 128 plus its signal.</summary>
    public static int Reap(int process)
    {
        var status = 0;
        while (waitpid(process, &status, 0) < 0 && Marshal.GetLastSystemError() == EINTR)
        {
        }
        var signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }

    /// <summary>Sends a signal to the process group of a child that was not reaped yet.</summary>
    public static void Signal(int process, int signal) => _ = kill(-process, signal);

    /// <summary>Resets SIGCHLD: if the parent process had it ignored, children would have no status to collect.</summary>
    public static void KeepStatuses() => _ = signal(SIGCHLD, 0);

    [LibraryImport("libc")]
    private static partial int posix_spawnp(int* pid, byte* file, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, ulong* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int waitid(int idType, uint id, byte* information, int options);

    [LibraryImport("libc")]
    private static partial int waitpid(int process, int* status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly int _count;

        public NativeStrings(string[] strings)
        {
            _count = strings.Length;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
                Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
                Marshal.FreeCoTaskMem((nint)Pointers[i]);
            NativeMemory.Free(Pointers);
        }
    }
}
