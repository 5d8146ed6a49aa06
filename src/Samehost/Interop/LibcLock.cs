// flock(2): locks that belong to an open file and end with it, also when its process is killed.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Whole-file advisory locks.</summary>
internal static partial class LibcLock
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    /// <summary>Locks or says <c>-EAGAIN</c> (EWOULDBLOCK) at once; closing the descriptor unlocks.</summary>
    public static int TryLock(Descriptor file)
    {
        using var lease = new DescriptorLease(file);
        int result;
        do result = LibcResult.From(flock(lease.Fd, LOCK_EX | LOCK_NB));
        while (result == -LibcResult.EINTR);
        return result;
    }

    [LibraryImport("libc")]
    private static partial int flock(int fd, int operation);
}
