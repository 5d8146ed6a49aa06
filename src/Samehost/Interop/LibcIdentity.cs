// geteuid(2), getegid(2), mkdir(2): who we are, whose a file is, and a directory of our own.
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.Interop;

/// <summary>The identity that file permissions are checked against, and the owner and mode of a file.</summary>
internal static partial class LibcIdentity
{
    public const uint TypeMask = 0xF000;
    public const uint TypeDirectory = 0x4000;
    public const uint TypeLink = 0xA000;
    public const uint TypeSocket = 0xC000;

    public static uint EffectiveUser() => geteuid();

    public static uint EffectiveGroup() => getegid();

    /// <summary>Type, mode and owner of what <paramref name="path"/> names; zero or <c>-errno</c>.</summary>
    public static int LookAt(string path, bool followLinks, out uint mode, out uint owner)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path);
        int result = followLinks ? LibcFile.Status(bytes, out var found) : LibcFile.LinkStatus(bytes, out found);
        mode = found.Mode;
        owner = found.User;
        return result;
    }

    public static int MakeDirectory(string path, uint mode) => LibcResult.From(mkdir(path, mode));

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);
}
