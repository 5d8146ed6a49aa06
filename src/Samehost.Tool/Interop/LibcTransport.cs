// pipe(2), read(2), socket(7), socketpair(2), write(2): the same calls for every transport, so that only the transport differs.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Samehost.Tool.Interop;

internal static unsafe partial class LibcTransport
{
    private const int AF_UNIX = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int O_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVTIMEO = 20;
    private const int EINTR = 4;

    /// <summary>Two local sockets that are connected with each other, blocking.</summary>
    public static (SafeFileHandle One, SafeFileHandle Other) SocketPair(int type)
    {
        int* both = stackalloc int[2];
        Check(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, both), "socketpair");
        return (new(both[0], ownsHandle: true), new(both[1], ownsHandle: true));
    }

    /// <summary>The end to read and the end to write.</summary>
    public static (SafeFileHandle Reading, SafeFileHandle Writing) Pipe()
    {
        int* both = stackalloc int[2];
        Check(pipe2(both, O_CLOEXEC), "pipe2");
        return (new(both[0], ownsHandle: true), new(both[1], ownsHandle: true));
    }

    /// <summary>Reads give up with EAGAIN after this time.</summary>
    public static void LimitReads(SafeHandle socket, TimeSpan time)
    {
        long* value = stackalloc long[2];
        value[0] = (long)time.TotalSeconds;
        value[1] = time.Microseconds + (1000L * time.Milliseconds);
        Check(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, value, 2 * sizeof(long)), "setsockopt");
    }

    /// <summary>Reads once, waiting: how many bytes, or the negative errno.</summary>
    public static int Read(SafeHandle from, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                nint got = read(from, bytes, (nuint)buffer.Length);
                int errno = got < 0 ? Marshal.GetLastSystemError() : 0;
                if (errno != EINTR)
                    return got < 0 ? -errno : (int)got;
            }
        }
    }

    /// <summary>Writes once, waiting: how many bytes, or the negative errno.</summary>
    public static int Write(SafeHandle to, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                nint written = write(to, bytes, (nuint)buffer.Length);
                int errno = written < 0 ? Marshal.GetLastSystemError() : 0;
                if (errno != EINTR)
                    return written < 0 ? -errno : (int)written;
            }
        }
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new UnixSocketException((Errno)Marshal.GetLastSystemError(), call);
    }

    [LibraryImport("libc")]
    private static partial int socketpair(int domain, int type, int protocol, int* descriptors);

    [LibraryImport("libc")]
    private static partial int pipe2(int* descriptors, int flags);

    [LibraryImport("libc")]
    private static partial int setsockopt(SafeHandle socket, int level, int name, void* value, int length);

    [LibraryImport("libc")]
    private static partial nint read(SafeHandle descriptor, byte* buffer, nuint length);

    [LibraryImport("libc")]
    private static partial nint write(SafeHandle descriptor, byte* buffer, nuint length);
}
