// fcntl(2), poll(2), shutdown(2): what a command does with a descriptor beyond the library's calls.
// socket(7), tcp(7): closing a TCP connection with a reset.
// recv(2), unix(7): how long the next record is.
using System.Runtime.InteropServices;
using Samehost.Interop;

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

/// <summary>The only way to tell a TCP peer that its connection did not end in order.</summary>
internal static unsafe partial class LibcLinger
{
    private const int SOL_SOCKET = 1;
    private const int SO_LINGER = 13;

    /// <summary>From now on closing the socket throws away what it holds and resets the connection.</summary>
    public static int ResetOnClose(Descriptor socket)
    {
        using var lease = new DescriptorLease(socket);
        int* linger = stackalloc int[2] { 1, 0 };
        return LibcResult.From(setsockopt(lease.Fd, SOL_SOCKET, SO_LINGER, linger, 2 * sizeof(int)));
    }

    [LibraryImport("libc")]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);
}

/// <summary>Looking at a record before it is received, so that there is room for all of it.</summary>
internal static unsafe partial class LibcRecords
{
    private const int MSG_PEEK = 0x2;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_DONTWAIT = 0x40;

    /// <summary>The length of the next record, which stays where it is; 0 also at the end; or <c>-errno</c>.</summary>
    public static int NextLength(Descriptor socket)
    {
        using var lease = new DescriptorLease(socket);
        nint result;
        do result = LibcResult.From(recv(lease.Fd, null, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT));
        while (result == -LibcResult.EINTR);
        return (int)result;
    }

    [LibraryImport("libc")]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);
}
