// read(2), write(2), poll(2), fcntl(2), open(2), null(4): standard input, output and error.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Programs.Interop;

/// <summary>
/// Standard input, output and error by system calls: <see cref="Console"/> streams hide a closed pipe, and <see cref="FileStream"/> keeps a
/// file offset of its own, with which it overwrites what other processes wrote to the same file.
/// </summary>
internal static partial class StandardDescriptors
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Error = 2;

    private const int EINTR = 4;
    private const int EBADF = 9;
    private const int EAGAIN = 11;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    /// <summary>Reads standard input and waits for the first byte; zero at the end, <c>-errno</c> on failure.</summary>
    public static unsafe int Read(Span<byte> buffer)
    {
        if (!InheritedDescriptors.Has(Input))
            return -EBADF;
        fixed (byte* p = buffer)
        {
            while (true)
            {
                var count = read(Input, p, (nuint)buffer.Length);
                if (count >= 0)
                    return (int)count;
                var errno = Marshal.GetLastSystemError();
                if (!ShouldRetry(errno, Input, POLLIN))
                    return -errno;
            }
        }
    }

    /// <summary>
    /// Reads standard input and waits for the first byte; zero at the end. The read of a terminal cannot be canceled, so it runs on a
    /// thread that a cancellation leaves behind.
    /// </summary>
    /// <exception cref="UnixSocketException">It cannot be read.</exception>
    public static async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await Task.Run(() => Read(buffer.Span), cancellationToken).WaitAsync(cancellationToken);
        return result >= 0 ? result : throw new UnixSocketException((Errno)(-result), "read");
    }

    /// <summary>Writes all of <paramref name="bytes"/>; returns zero, or <c>-errno</c>.</summary>
    public static unsafe int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (!InheritedDescriptors.Has(descriptor))
            return -EBADF;
        fixed (byte* p = bytes)
        {
            var done = 0;
            while (done < bytes.Length)
            {
                var written = write(descriptor, p + done, (nuint)(bytes.Length - done));
                var errno = written < 0 ? Marshal.GetLastSystemError() : 0;
                if (written >= 0)
                    done += (int)written;
                else if (!ShouldRetry(errno, descriptor, POLLOUT))
                    return -errno;
            }
            return 0;
        }
    }

    /// <summary>Waits at EAGAIN, because the parent process may have made a shared descriptor non-blocking.</summary>
    private static unsafe bool ShouldRetry(int errno, int descriptor, short events)
    {
        if (errno == EAGAIN)
        {
            var waiting = new PollEntry { Descriptor = descriptor, Events = events };
            _ = poll(&waiting, 1, -1);
        }
        return errno is EINTR or EAGAIN;
    }

    [LibraryImport("libc")]
    private static unsafe partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static unsafe partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static unsafe partial int poll(PollEntry* entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}

/// <summary>
/// The standard descriptors that this process inherited. A program may be started without one, as <c>&gt;&amp;-</c> does: then the next
/// file that is opened gets its number, and lines for standard output would be written to a client's connection or a pipe of the runtime.
/// So the missing numbers are opened before anything else.
/// </summary>
internal static partial class InheritedDescriptors
{
    private const int F_GETFD = 1;
    private const int FD_CLOEXEC = 1;
    private const int O_RDWR = 2;
    private const int O_CLOEXEC = 0x80000;

    private static readonly bool[] Inherited = new bool[3];

    /// <summary>Whether the process was started with a descriptor.</summary>
    /// <param name="descriptor">0, 1 or 2.</param>
    public static bool Has(int descriptor) => Inherited[descriptor];

    [ModuleInitializer]
    internal static void Reserve()
    {
        for (var descriptor = 0; descriptor < Inherited.Length; descriptor++)
        {
            var flags = fcntl(descriptor, F_GETFD, 0);
            // Descriptors of the runtime are close-on-exec; inherited ones cannot be.
            Inherited[descriptor] = flags >= 0 && (flags & FD_CLOEXEC) == 0;
            if (flags < 0)
                _ = open("/dev/null", O_RDWR | O_CLOEXEC); // gets the lowest free number: this one
        }
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
