// geteuid(2), statx(2), mkdir(2): who we are, whose a file is, and a directory of our own.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>The identity that file permissions are checked against, and the owner and mode of a file.</summary>
internal static unsafe partial class LibcIdentity
{
    public const uint TypeMask = 0xF000;
    public const uint TypeDirectory = 0x4000;
    public const uint TypeLink = 0xA000;
    public const uint TypeSocket = 0xC000;

    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const uint STATX_BASIC_STATS = 0x7FF;

    public static uint EffectiveUser() => geteuid();

    /// <summary>Type, mode and owner of what <paramref name="path"/> names; zero or <c>-errno</c>.</summary>
    public static int LookAt(string path, bool followLinks, out uint mode, out uint owner)
    {
        Statx found = default;
        int result, flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW;
        do result = LibcResult.From(statx(AT_FDCWD, path, flags, STATX_BASIC_STATS, &found));
        while (result == -LibcResult.EINTR);
        mode = found.Mode;
        owner = found.Owner;
        return result;
    }

    public static int MakeDirectory(string path, uint mode) => LibcResult.From(mkdir(path, mode));

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, Statx* found);

    /// <summary><c>struct statx</c>, which unlike <c>struct stat</c> is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
