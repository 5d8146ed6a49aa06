// memfd_create(2): memory with a descriptor.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Samehost.PeerTests.Interop;

internal static partial class LibcMemfd
{
    private const uint MFD_CLOEXEC = 1;

    public static SafeFileHandle Create(ReadOnlySpan<byte> content)
    {
        var fd = memfd_create("test", MFD_CLOEXEC);
        Assert.True(fd >= 0);
        var memory = new SafeFileHandle(fd, ownsHandle: true);
        RandomAccess.Write(memory, content, 0);
        return memory;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
