// memfd_create(2).
using System.Runtime.InteropServices;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Ancillary.Interop;

/// <summary>Memory with a name of its own, which identifies its descriptors.</summary>
internal static partial class MemoryFile
{
    public static Descriptor Create(string name)
    {
        var fd = LibcResult.From(memfd_create(name, 1)); // MFD_CLOEXEC
        Assert.True(fd >= 0, $"memfd_create: {-fd}");
        return new Descriptor(fd);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
