// syscall(2): the calls of each message, without the C library's wrappers.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>
/// recvfrom(2), sendto(2), recvmsg(2), sendmsg(2) and epoll_pwait(2) by their numbers. The wrappers of the C library are points where a
/// thread may be canceled (pthreads(7)), for which a process of several threads pays two atomic operations around each call; .NET never
/// cancels a thread. All return −1 and set errno as the wrappers do.
/// </summary>
internal static unsafe partial class LibcSyscall
{
    public static nint SYS_recvfrom => IsX64 ? 45 : 207;

    public static nint SYS_sendto => IsX64 ? 44 : 206;

    public static nint SYS_recvmsg => IsX64 ? 47 : 212;

    public static nint SYS_sendmsg => IsX64 ? 46 : 211;

    public static nint SYS_epoll_pwait => IsX64 ? 281 : 22;

    /// <summary>False where the numbers are not known here: there the wrappers have to do.</summary>
    private static bool AreKnown => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public static nint Receive(int fd, byte* buffer, nuint length, int flags, byte* address = null, uint* addressLength = null) => AreKnown
        ? syscall(SYS_recvfrom, fd, buffer, length, flags, address, (nint)addressLength)
        : recvfrom(fd, buffer, length, flags, address, addressLength);

    public static nint Send(int fd, byte* buffer, nuint length, int flags, byte* address = null, uint addressLength = 0) => AreKnown
        ? syscall(SYS_sendto, fd, buffer, length, flags, address, (nint)addressLength)
        : sendto(fd, buffer, length, flags, address, addressLength);

    public static nint ReceiveMessage(int fd, MsgHdr* message, int flags) =>
        AreKnown ? syscall(SYS_recvmsg, fd, message, (nuint)flags, 0, null, 0) : recvmsg(fd, message, flags);

    public static nint SendMessage(int fd, MsgHdr* message, int flags) =>
        AreKnown ? syscall(SYS_sendmsg, fd, message, (nuint)flags, 0, null, 0) : sendmsg(fd, message, flags);

    public static int WaitForEvents(int epoll, byte* events, int count, int milliseconds) => AreKnown
        ? (int)syscall(SYS_epoll_pwait, epoll, events, (nuint)count, milliseconds, null, 0)
        : epoll_wait(epoll, events, count, milliseconds);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint fd, void* pointer, nuint third, nint fourth, void* fifth, nint sixth);

    [LibraryImport("libc")]
    private static partial nint recvfrom(int fd, byte* buffer, nuint length, int flags, byte* address, uint* addressLength);

    [LibraryImport("libc")]
    private static partial nint sendto(int fd, byte* buffer, nuint length, int flags, byte* address, uint addressLength);

    [LibraryImport("libc")]
    private static partial nint recvmsg(int fd, MsgHdr* message, int flags);

    [LibraryImport("libc")]
    private static partial nint sendmsg(int fd, MsgHdr* message, int flags);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epfd, byte* events, int count, int milliseconds);
}
