// read(2), write(2), poll(2): the three standard descriptors.
using System.Runtime.InteropServices;

namespace Samehost.Programs.Interop;

/// <summary>
/// Uses plain system calls instead of <see cref="Console"/> streams, which hide a closed pipe, and instead of <see cref="FileStream"/>,
/// which has its own file offset and so overwrites what other processes wrote to the same redirected file.
/// </summary>
internal static unsafe partial class StandardDescriptors
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Error = 2;

    private const int EINTR = 4;
    private const int EBADF = 9;
    private const int EAGAIN = 11;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    /// <summary>Reads available bytes, waiting for the first one; returns the number, 0 at the end, or <c>-errno</c>.</summary>
    public static int Read(Span<byte> buffer)
    {
        if (!GivenDescriptors.Has(Input))
            return -EBADF;
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint got = read(Input, p, (nuint)buffer.Length);
                if (got >= 0)
                    return (int)got;
                int errno = Marshal.GetLastSystemError();
                if (!MayRepeat(errno, Input, POLLIN))
                    return -errno;
            }
        }
    }

    /// <summary>Writes all of <paramref name="bytes"/>; returns 0, or <c>-errno</c>.</summary>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (!GivenDescriptors.Has(descriptor))
            return -EBADF;
        fixed (byte* p = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint written = write(descriptor, p + done, (nuint)(bytes.Length - done));
                int errno = written < 0 ? Marshal.GetLastSystemError() : 0;
                if (written >= 0)
                    done += (int)written;
                else if (!MayRepeat(errno, descriptor, POLLOUT))
                    return -errno;
            }
            return 0;
        }
    }

    /// <summary>
    /// Returns whether to repeat the call. The parent process may have made a shared descriptor non-blocking; then this waits until it is
    /// ready.
    /// </summary>
    private static bool MayRepeat(int errno, int descriptor, short events)
    {
        if (errno == EAGAIN)
        {
            var waiting = new PollEntry { Descriptor = descriptor, Events = events };
            _ = poll(&waiting, 1, -1);
        }
        return errno is EINTR or EAGAIN;
    }

    [LibraryImport("libc")]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
