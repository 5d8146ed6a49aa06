// eventfd(2): a counter to wake a waiting thread with.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>A descriptor that another thread makes readable.</summary>
internal static unsafe partial class LibcEventFd
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    public static int Create(out Descriptor? eventFd)
    {
        int fd = LibcResult.From(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        eventFd = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    public static void Signal(Descriptor eventFd)
    {
        using var lease = new DescriptorLease(eventFd);
        ulong one = 1;
        _ = write(lease.Fd, &one, sizeof(ulong)); // EAGAIN means that it is readable already
    }

    public static void Clear(Descriptor eventFd)
    {
        using var lease = new DescriptorLease(eventFd);
        ulong count;
        _ = read(lease.Fd, &count, sizeof(ulong));
    }

    [LibraryImport("libc")]
    private static partial int eventfd(uint value, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint read(int fd, void* buffer, nuint count);
}
