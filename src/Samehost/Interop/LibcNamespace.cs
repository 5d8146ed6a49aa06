// setns(2), network_namespaces(7): having a look into another network namespace.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Namespaces of the calling thread, which are its own: other threads stay where they are.</summary>
internal static partial class LibcNamespace
{
    private const int CLONE_NEWNET = 0x40000000;

    /// <summary>
    /// Moves the calling thread into a network namespace, given as <c>/proc/PID/ns/net</c>. It takes CAP_SYS_ADMIN in both. There is no
    /// way back but the end of the thread, so that it has to be a thread of one's own.
    /// </summary>
    public static int EnterNetwork(Descriptor space)
    {
        using var lease = new DescriptorLease(space);
        return LibcResult.From(setns(lease.Fd, CLONE_NEWNET));
    }

    [LibraryImport("libc")]
    private static partial int setns(int fd, int type);
}
