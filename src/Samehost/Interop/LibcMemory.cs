// memfd_create(2), fcntl(2) F_GET_SEALS.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Memory that a descriptor stands for.</summary>
internal static partial class LibcMemory
{
    private const int F_GET_SEALS = 1034;

    /// <summary>True for memory from memfd_create: it knows seals, which otherwise only files on tmpfs do, and has no name
    /// in any directory.</summary>
    public static bool IsMemory(Descriptor descriptor)
    {
        using var lease = new DescriptorLease(descriptor);
        int seals = LibcResult.From(fcntl(lease.Fd, F_GET_SEALS, 0));
        return seals >= 0 && LibcFile.Status(descriptor, out var status) >= 0 && status.Links == 0;
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);
}
