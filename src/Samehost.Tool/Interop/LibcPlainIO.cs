// read(2), write(2), recv(2), unix(7).
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tool.Interop;

/// <summary>
/// Blocking reads and writes on any descriptor, the same for each transport of a benchmark; and the length of the next record.
/// </summary>
internal static unsafe partial class LibcPlainIO
{
    private const int MSG_PEEK = 0x2;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_DONTWAIT = 0x40;

    /// <summary>Reads once, blocking; returns the number of bytes, or <c>-errno</c>.</summary>
    public static int Read(SafeHandle source, Span<byte> buffer)
    {
        using var lease = new DescriptorLease(source);
        fixed (byte* bytes = buffer)
        {
            nint result;
            do result = LibcResult.From(read(lease.Fd, bytes, (nuint)buffer.Length));
            while (result == -LibcResult.EINTR);
            return (int)result;
        }
    }

    /// <summary>Writes once, blocking; returns the number of bytes, or <c>-errno</c>.</summary>
    public static int Write(SafeHandle sink, ReadOnlySpan<byte> buffer)
    {
        using var lease = new DescriptorLease(sink);
        fixed (byte* bytes = buffer)
        {
            nint result;
            do result = LibcResult.From(write(lease.Fd, bytes, (nuint)buffer.Length));
            while (result == -LibcResult.EINTR);
            return (int)result;
        }
    }

    /// <summary>Gets the length of the next record, which stays in the queue; 0 also at the end; or <c>-errno</c>.</summary>
    public static int PeekLength(Descriptor socket)
    {
        using var lease = new DescriptorLease(socket);
        nint result;
        do result = LibcResult.From(recv(lease.Fd, null, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT));
        while (result == -LibcResult.EINTR);
        return (int)result;
    }

    [LibraryImport("libc")]
    private static partial nint read(int fd, byte* buffer, nuint length);

    [LibraryImport("libc")]
    private static partial nint write(int fd, byte* buffer, nuint length);

    [LibraryImport("libc")]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);
}
