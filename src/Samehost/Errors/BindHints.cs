using Samehost.Interop;

namespace Samehost.Errors;

/// <summary>Hints for bind, which makes a file.</summary>
internal static class BindHints
{
    /// <summary><paramref name="path"/> is null when it is not known or cannot be looked up.</summary>
    public static string? For(Errno errno, string? path) => path is null ? null : errno switch
    {
        Errno.ENOENT => Missing(path),
        Errno.EADDRINUSE or Errno.EEXIST => InUse(path),
        Errno.EACCES => Denied(path),
        Errno.ENOTDIR => PathLook.NotADirectory(path),
        Errno.EROFS => $"The file system of {Parent(path)} is read-only: choose a path under /run or /tmp.",
        Errno.EPERM => "The file system does not take socket files, or a security policy forbids it: choose a path under /run or /tmp.",
        Errno.ENOSPC or Errno.EDQUOT => $"There is no room for another file in {Parent(path)}: see df -i, or the user's quota.",
        _ => null,
    };

    private static string Missing(string path)
    {
        var (found, missing) = PathLook.DeepestDirectory(path);
        return missing is null || missing == path
            ? $"The directory {found} exists now: try again."
            : $"{found} exists but has no directory {missing[(missing.LastIndexOf('/') + 1)..]} in it: make it first.";
    }

    private static string InUse(string path) => PathLook.At(path)?.Kind switch
    {
        PathKind.Socket => "A socket file is there: another server may be running at it. ss -xlp shows whose it is.",
        PathKind.Directory => "That is a directory, which is left alone: add the name of the socket file.",
        PathKind.SymbolicLink => "That is a symbolic link, which is left alone: give the path itself.",
        PathKind.Other => "That is a file but not a socket, and is left alone: choose another path.",
        _ => "Something was there a moment ago: try again.",
    };

    private static string Denied(string path)
    {
        uint user = LibcIdentity.EffectiveUser();
        if (PathLook.ClosedDirectory(path) is { } closed)
            return $"This user ({user}) may not pass through {closed}.";
        string parent = Parent(path);
        return PathLook.At(parent) is { } directory
            ? $"This user ({user}) may not make files in {parent}, which belongs to user {directory.Owner} and has mode " +
                $"{directory.Permissions}: choose a directory of your own, such as $XDG_RUNTIME_DIR."
            : $"This user ({user}) may not make files in {parent}: choose a directory of your own, such as $XDG_RUNTIME_DIR.";
    }

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "/";
}
