using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// A directory on the way to a socket file in which every user may put something else in the place of what the path names there. A user
/// who can rename a directory above a socket can serve in its place, as one who can replace the file can.
/// </summary>
/// <param name="Path">Where it is.</param>
/// <param name="ReachedAt">The directory, on the path itself, at which it was found: itself, or one that is below it.</param>
/// <param name="IsLast">Whether the file itself is in it.</param>
internal sealed record UnsafeDirectory(byte[] Path, FileId ReachedAt, bool IsLast)
{
    /// <summary>Finds the first such directory on a path; null when there is none.</summary>
    /// <param name="path">Where a file is to be made. A relative one counts from the working directory.</param>
    /// <param name="found">The directory.</param>
    /// <returns>Zero, or <c>-errno</c> where the path cannot be followed to its end; what comes before that is safe then.</returns>
    public static int Find(ReadOnlySpan<byte> path, out UnsafeDirectory? found)
    {
        using var walk = new DirectoryWalk(path);
        int result = walk.Run();
        found = walk.Found;
        return result;
    }

    /// <summary>Whether others may replace what is in a directory. Whose it is, and whose that is, does not count.</summary>
    public static bool Is(FileStatus directory) =>
        directory.Type == FileStatus.S_IFDIR && (directory.Mode & (FileStatus.S_IWOTH | FileStatus.S_ISVTX)) == FileStatus.S_IWOTH;

    /// <summary>Where a directory is, as the kernel says; where there is no /proc, as the caller says.</summary>
    public static byte[] PathOf(Descriptor directory, ReadOnlySpan<byte> otherwise)
    {
        byte[] link = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.Number}"));
        if (LibcFile.Open(link, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out Descriptor? opened) < 0)
            return otherwise.ToArray();
        using (opened)
            return LibcWalk.ReadLink(opened!, out byte[] target) < 0 || target.Length == 0 ? otherwise.ToArray() : target;
    }
}
