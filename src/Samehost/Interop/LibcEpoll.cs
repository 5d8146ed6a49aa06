// epoll_create1(2), epoll_ctl(2), epoll_wait(2), eventfd(2): waiting for many descriptors, and waking the thread that waits.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Waiting for many descriptors at once.</summary>
internal static unsafe partial class LibcEpoll
{
    public const uint EPOLLIN = 0x001;
    public const uint EPOLLPRI = 0x002;
    public const uint EPOLLOUT = 0x004;
    public const uint EPOLLERR = 0x008;
    public const uint EPOLLHUP = 0x010;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLET = 1u << 31;

    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const int EPOLL_CTL_MOD = 3;

    public static int Create(out Descriptor? epoll)
    {
        var fd = LibcResult.From(epoll_create1(EPOLL_CLOEXEC));
        epoll = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    public static int Add(Descriptor epoll, int fd, uint events, ulong data) => Control(epoll, EPOLL_CTL_ADD, fd, events, data);

    public static int Modify(Descriptor epoll, int fd, uint events, ulong data) => Control(epoll, EPOLL_CTL_MOD, fd, events, data);

    public static int Remove(Descriptor epoll, int fd) => Control(epoll, EPOLL_CTL_DEL, fd, 0, 0);

    /// <summary>Fills <paramref name="batch"/>; waits up to <paramref name="milliseconds"/>, −1 for ever, 0 not at all.</summary>
    public static int Wait(Descriptor epoll, EpollBatch batch, int milliseconds)
    {
        using var lease = new DescriptorLease(epoll);
        var result = LibcResult.From(LibcSyscall.WaitForEvents(lease.Fd, batch.Pointer, batch.Capacity, milliseconds));
        GC.KeepAlive(batch);
        return result;
    }

    private static int Control(Descriptor epoll, int operation, int fd, uint events, ulong data)
    {
        using var lease = new DescriptorLease(epoll);
        var change = stackalloc byte[16];
        EpollBatch.Write(change, events, data);
        return LibcResult.From(epoll_ctl(lease.Fd, operation, fd, change));
    }

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epfd, int operation, int fd, byte* change);
}

/// <summary>The memory for the events of one wait.</summary>
internal sealed unsafe class EpollBatch(int capacity)
{
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture is Architecture.X64;
    private static readonly int EventSize = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;

    private readonly byte[] _memory = GC.AllocateArray<byte>(capacity * 16, pinned: true);

    public int Capacity => capacity;

    /// <summary>The start of the array; the memory is pinned for as long as this object lives.</summary>
    public byte* Pointer => (byte*)Unsafe.AsPointer(ref _memory[0]);

    public uint Events(int index) => Unsafe.ReadUnaligned<uint>(ref _memory[index * EventSize]);

    public ulong Data(int index) => Unsafe.ReadUnaligned<ulong>(ref _memory[index * EventSize + DataOffset]);

    /// <summary>Writes one event at <paramref name="destination"/>, which has at least 16 bytes.</summary>
    public static void Write(byte* destination, uint events, ulong data)
    {
        Unsafe.WriteUnaligned(destination, events);
        Unsafe.WriteUnaligned(destination + DataOffset, data);
    }
}

/// <summary>A descriptor that another thread makes readable.</summary>
internal static unsafe partial class LibcEventFd
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    public static int Create(out Descriptor? eventFd)
    {
        var fd = LibcResult.From(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
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
