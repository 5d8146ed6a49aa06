using Samehost.Interop;

namespace Samehost.Errors;

/// <summary>Walks a path step by step and says where it breaks.</summary>
internal static class PathLook
{
    /// <summary>What is at the path itself, a symbolic link not followed; null when nothing is or it cannot be seen.</summary>
    public static PathStatus? At(string path) =>
        LibcIdentity.LookAt(path, followLinks: false, out uint mode, out uint owner) < 0
            ? null
            : new PathStatus(KindOf(mode), owner, mode);

    /// <summary>
    /// The last directory on the path that exists, and the first step after it that does not (a link that leads nowhere
    /// counts as such); null instead of the step when all is there.
    /// </summary>
    public static (string Found, string? Missing) DeepestDirectory(string path)
    {
        string found = "/";
        foreach (string step in Steps(path))
        {
            int result = LibcIdentity.LookAt(step, followLinks: true, out uint mode, out _);
            if (result < 0)
                return (found, step);
            if (KindOf(mode) == PathKind.Directory)
                found = step;
        }

        return (found, null);
    }

    /// <summary>Names the step that should be a directory and is not.</summary>
    public static string? NotADirectory(string path)
    {
        foreach (string step in Steps(path))
        {
            if (LibcIdentity.LookAt(step, followLinks: true, out uint mode, out _) >= 0 && KindOf(mode) != PathKind.Directory)
                return $"{step} is not a directory, so nothing can be in it.";
        }

        return null;
    }

    /// <summary>The first directory of the path that this user may not pass through, or null.</summary>
    public static string? ClosedDirectory(string path)
    {
        string last = "/";
        foreach (string step in Steps(path))
        {
            if (LibcIdentity.LookAt(step, followLinks: true, out _, out _) == -(int)Errno.EACCES)
                return last;
            last = step;
        }

        return null;
    }

    /// <summary><c>/a</c>, <c>/a/b</c>, <c>/a/b/c</c>.</summary>
    private static IEnumerable<string> Steps(string path)
    {
        for (int end = path.IndexOf('/', 1); end > 0; end = path.IndexOf('/', end + 1))
        {
            if (path[end - 1] != '/')
                yield return path[..end];
        }

        yield return path;
    }

    private static PathKind KindOf(uint mode) => (mode & LibcIdentity.TypeMask) switch
    {
        LibcIdentity.TypeSocket => PathKind.Socket,
        LibcIdentity.TypeDirectory => PathKind.Directory,
        LibcIdentity.TypeLink => PathKind.SymbolicLink,
        _ => PathKind.Other,
    };
}
