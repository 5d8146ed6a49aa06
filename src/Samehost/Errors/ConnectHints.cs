using Samehost.Interop;

namespace Samehost.Errors;

/// <summary>Hints for calls that go to a socket file: connect, and sending a datagram to a path.</summary>
internal static class ConnectHints
{
    public const string BacklogFull =
        "The server is there, but its backlog of waiting connections is full: it accepts too slowly or not at all. Wait and try again.";

    /// <summary><paramref name="path"/> is null when it is not known or cannot be looked up.</summary>
    public static string? For(Errno errno, string? path, string operation) => errno switch
    {
        Errno.EAGAIN when operation == "connect" => BacklogFull,
        _ when path is null => null,
        Errno.ENOENT => Missing(path),
        Errno.ECONNREFUSED => Refused(path),
        Errno.EACCES => Denied(path),
        Errno.ENOTDIR => PathLook.NotADirectory(path),
        _ => null,
    };

    private static string Missing(string path)
    {
        var (found, missing) = PathLook.DeepestDirectory(path);
        if (missing is null)
            return "It is there now: the server has just started. Try again.";
        if (PathLook.At(missing) is { Kind: PathKind.SymbolicLink })
            return $"{missing} is a symbolic link to something that does not exist.";
        return missing == path
            ? $"The directory {found} exists but has no such file: is the server running, and is this its path?"
            : $"{found} exists but has no {missing[(missing.LastIndexOf('/') + 1)..]} in it: is this the server's path?";
    }

    private static string? Refused(string path) => PathLook.At(path)?.Kind switch
    {
        PathKind.Socket =>
            "A socket file is there but nobody listens at it: its server has ended without removing it, or has not begun to listen.",
        PathKind.Directory => "That is a directory: give the path of the socket file in it.",
        PathKind.SymbolicLink => "That is a symbolic link, and nobody listens where it leads: look at its target.",
        PathKind.Other => "That is a file but not a socket: give the path that the server listens at.",
        _ => "Nobody listens there any more.",
    };

    private static string Denied(string path)
    {
        if (PathLook.ClosedDirectory(path) is { } directory)
            return $"This user ({LibcIdentity.EffectiveUser()}) may not pass through {directory}: " +
                "connecting needs search permission (x) on every directory of the path.";
        return PathLook.At(path) is { } file
            ? $"The socket file belongs to user {file.Owner} and has mode {file.Permissions}: connecting needs write permission on it, " +
                $"and this is user {LibcIdentity.EffectiveUser()}."
            : "Connecting needs write permission on the socket file and search permission (x) on every directory of its path.";
    }
}
