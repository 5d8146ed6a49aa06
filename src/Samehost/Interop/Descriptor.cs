// close(2): the owner of one file descriptor.
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
