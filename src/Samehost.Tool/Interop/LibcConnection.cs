// fcntl(2), poll(2), shutdown(2): what a command does with a descriptor beyond the library's calls.
using System.Runtime.InteropServices;

namespace Samehost.Tool.Interop;

internal static unsafe partial class LibcConnection
{
    private const int EINTR = 4;
    private const int F_SETFD = 2;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int FD_CLOEXEC = 1;
    private const int O_NONBLOCK = 0x800;
    private const int SHUT_RD = 0;
    private const int SHUT_RDWR = 2;

    /// <summary>Makes reads and writes wait, as programs expect of their standard input and output.</summary>
    public static void MakeBlocking(SafeHandle connection)
    {
        using var lease = new Lease(connection);
        int flags = fcntl(lease.Number, F_GETFL, 0);
        if (flags >= 0)
            _ = fcntl(lease.Number, F_SETFL, flags & ~O_NONBLOCK);
    }

    /// <summary>Keeps a descriptor from programs that are started from here; false when it is not open.</summary>
    public static bool CloseOnExec(int descriptor) => fcntl(descriptor, F_SETFD, FD_CLOEXEC) >= 0;

    /// <summary>Ends the receiving direction: reads give what has arrived, and then the end.</summary>
    public static void StopReading(SafeHandle connection)
    {
        using var lease = new Lease(connection);
        _ = shutdown(lease.Number, SHUT_RD);
    }

    /// <summary>Ends both directions, which also ends <see cref="WaitForHangUp"/>.</summary>
    public static void HangUp(SafeHandle connection)
    {
        using var lease = new Lease(connection);
        _ = shutdown(lease.Number, SHUT_RDWR);
    }

    /// <summary>Blocks the thread until the peer has closed its end altogether; a half-close is not enough.</summary>
    public static void WaitForHangUp(SafeHandle connection)
    {
        using var lease = new Lease(connection);
        var entry = new PollEntry { Descriptor = lease.Number };
        // No event is asked for: what is always told is POLLHUP and errors, and either is an end.
        while (poll(&entry, 1, -1) < 0 && Marshal.GetLastSystemError() == EINTR)
        {
        }
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc")]
    private static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>Keeps the number from being closed, and given to something else, during a call.</summary>
    private readonly ref struct Lease
    {
        private readonly SafeHandle _handle;

        public Lease(SafeHandle handle)
        {
            bool held = false;
            handle.DangerousAddRef(ref held);
            _handle = handle;
        }

        public int Number => (int)_handle.DangerousGetHandle();

        public void Dispose() => _handle.DangerousRelease();
    }
}
