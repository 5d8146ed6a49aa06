// getrlimit(2): how much of something this process may have.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Limits of resources.</summary>
internal static unsafe partial class LibcLimits
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>One more than the largest number that a new descriptor may have; <see cref="int.MaxValue"/> without limit.</summary>
    public static int Descriptors()
    {
        ResourceLimit limit;
        return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.Current > int.MaxValue ? int.MaxValue : (int)limit.Current;
    }

    private struct ResourceLimit
    {
#pragma warning disable CS0649 // written by libc
        public nuint Current;
        public nuint Most;
#pragma warning restore CS0649
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ResourceLimit* limit);
}
