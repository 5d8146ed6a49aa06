namespace Samehost.Diagnostics.Explaining;

/// <summary>What would let a user past a file, as commands for its owner: the least that is enough.</summary>
internal static class Remedy
{
    public static string Search(WalkPoint directory, UnixUser user) => Grant(directory, user, 'x', "x");

    public static string WriteTo(WalkPoint socket, UnixUser user) =>
        Grant(socket, user, 'w', "rw") + " A server makes its file anew when it starts: let it set the mode and the group " +
        "(with this library SocketFileOptions.Mode and Group).";

    public static string MakeFilesIn(WalkPoint directory, UnixUser user) =>
        Grant(directory, user, 'w', "wx") + " Better: a directory of its own, such as $XDG_RUNTIME_DIR, or RuntimeDirectory= of a service.";

    private static string Grant(WalkPoint file, UnixUser user, char letter, string permissions)
    {
        string path = Quote(SafeText.Of(file.Location));
        uint bit = letter == 'x' ? 1u : 2u;
        if (user.UserId == file.Status.User)
            return $"As the owner: chmod u+{letter} {path}.";
        string list = $"setfacl -m u:{user.UserId}:{permissions} {path}";
        // Where there is a list, what ls shows as the group's is the mask, and chmod would change that.
        // Nobody is made a member of root's group for the sake of a socket.
        if (file.Acl is null && file.Status.Group != 0 && (file.Status.Permissions & (bit << 3)) != 0)
            return $"Make {user} a member of {Accounts.Group(file.Status.Group)}, or as its owner: {list}.";
        return file.Acl is null && user.IsInGroup(file.Status.Group)
            ? $"As its owner: chmod g+{letter} {path}."
            : $"As its owner: {list}.";
    }

    private static string Quote(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+@%:=,".Contains(c))
            ? path : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
