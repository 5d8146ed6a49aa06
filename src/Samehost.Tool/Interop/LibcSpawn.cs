// posix_spawn(3), posix_spawn_file_actions_adddup2(3), posix_spawnattr_setflags(3): a process with our choice of descriptors.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>
/// <see cref="System.Diagnostics.Process"/> gives a child pipes only. Here it gets one descriptor as its standard input and output.
/// </summary>
internal static unsafe partial class LibcSpawn
{
    private const int SIGPIPE = 13;
    private const short POSIX_SPAWN_SETPGROUP = 2;
    private const short POSIX_SPAWN_SETSIGDEF = 4;

    /// <summary>More than any C library needs for either object (glibc: 80 and 336 bytes).</summary>
    private const int ObjectSize = 1024;

    /// <summary>
    /// Starts a program found in PATH, in a process group of its own. Besides the connection it inherits standard error, and nothing else.
    /// </summary>
    /// <returns>Its process number, or <c>-errno</c>: also that of the exec in the child.</returns>
    public static int Spawn(string[] command, string[] environment, SafeHandle connection)
    {
        byte* actions = stackalloc byte[ObjectSize];
        byte* attributes = stackalloc byte[ObjectSize];
        using var argv = new NativeStrings(command);
        using var envp = new NativeStrings(environment);
        bool held = false;
        int failed = posix_spawn_file_actions_init(actions);
        if (failed != 0)
            return -failed;
        failed = posix_spawnattr_init(attributes);
        try
        {
            connection.DangerousAddRef(ref held);
            int descriptor = (int)connection.DangerousGetHandle();
            int process = 0;
            if (failed == 0)
                failed = posix_spawn_file_actions_adddup2(actions, descriptor, 0);
            if (failed == 0)
                failed = posix_spawn_file_actions_adddup2(actions, descriptor, 1);
            if (failed == 0)
                failed = posix_spawn_file_actions_adddup2(actions, 2, 2); // where none was given, ours is closed on exec
            // The runtime ignores SIGPIPE, and a program inherits what is ignored; a filter whose reader leaves has to end.
            ulong* signals = stackalloc ulong[16];
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

    /// <summary>C strings in an array that a null ends.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly int _count;

        public NativeStrings(string[] strings)
        {
            _count = strings.Length;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
            for (int i = 0; i < _count; i++)
                Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
                Marshal.FreeCoTaskMem((nint)Pointers[i]);
            NativeMemory.Free(Pointers);
        }
    }
}
