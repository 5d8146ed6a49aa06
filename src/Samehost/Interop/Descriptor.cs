// close(2), errno(3): the owner of a descriptor, and how the wrappers in this folder report failure.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Samehost.Interop;

/// <summary>Owns one descriptor and closes it once, after the last call that uses it has returned.</summary>
internal partial class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor(int fd)
        : base(ownsHandle: true) => SetHandle(fd);

    public Descriptor(int fd, bool ownsHandle)
        : base(ownsHandle) => SetHandle(fd);

    /// <summary>The number, for messages and for calls made while a <see cref="DescriptorLease"/> is held.</summary>
    public int Number => (int)handle;

    /// <summary>Gives up the ownership; returns the number, which the caller then owns.</summary>
    public int Detach()
    {
        SetHandleAsInvalid();
        return (int)handle;
    }

    protected override bool ReleaseHandle()
    {
        // Linux has released the descriptor even when close(2) reports EINTR, so it is never repeated.
        _ = close((int)handle);
        return true;
    }

    [LibraryImport("libc")]
    private static partial int close(int fd);
}

/// <summary>Keeps a descriptor from being closed, and its number from being reused, during one system call.</summary>
internal readonly ref struct DescriptorLease
{
    private readonly SafeHandle _handle;

    public DescriptorLease(SafeHandle handle)
    {
        var taken = false;
        handle.DangerousAddRef(ref taken); // throws ObjectDisposedException when it was closed already
        _handle = handle;
        Fd = (int)handle.DangerousGetHandle();
    }

    public int Fd { get; }

    public void Dispose() => _handle.DangerousRelease();
}

/// <summary>Converts results of the C library: wrappers return zero or more on success and <c>-errno</c> on failure.</summary>
/// <remarks>So an expected outcome such as EAGAIN costs nothing, and the number cannot be lost between two calls.</remarks>
internal static class LibcResult
{
    public const int EINTR = 4;

    /// <summary>Reads errno; must directly follow the call that returned −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int From(int result) => result >= 0 ? result : -Marshal.GetLastSystemError();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint From(nint result) => result >= 0 ? result : -Marshal.GetLastSystemError();
}
