// rename(2): giving a file another name, in one step.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Names that change hands. Paths are bytes without the closing NUL.</summary>
internal static unsafe partial class LibcRename
{
    private const int AT_FDCWD = -100;
    private const uint RENAME_NOREPLACE = 1;
    private const uint RENAME_EXCHANGE = 2;

    /// <summary>Puts the file in the place of whatever is there.</summary>
    public static int Replace(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Rename(from, to, 0);

    /// <summary>Renames; <c>-EEXIST</c> when something is there, <c>-EINVAL</c> when the file system cannot.</summary>
    public static int Move(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Rename(from, to, RENAME_NOREPLACE);

    /// <summary>Swaps two files; <c>-ENOENT</c> when either is missing, <c>-EINVAL</c> when the file system cannot.</summary>
    public static int Exchange(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => Rename(one, other, RENAME_EXCHANGE);

    private static int Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, uint flags)
    {
        byte[] source = [.. from, 0], target = [.. to, 0];
        fixed (byte* s = source, t = target)
            return LibcResult.From(renameat2(AT_FDCWD, s, AT_FDCWD, t, flags));
    }

    [LibraryImport("libc")]
    private static partial int renameat2(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);
}
