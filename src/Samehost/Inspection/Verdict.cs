namespace Samehost.Inspection;

/// <summary>What a call would come to. The numbers are those of the public enumeration.</summary>
internal enum VerdictOutcome
{
    Works,
    Fails,
    Unknown,
}

/// <summary>Who has to change something for a call to work. The numbers are those of the public enumeration.</summary>
internal enum VerdictParty
{
    None,
    Caller,
    Server,
    Owner,
}

/// <summary>The one answer about a call: whether it would work, and if not why, and what to change.</summary>
internal sealed record Verdict(VerdictOutcome Outcome, Errno Errno, string Reason, string? Remedy, VerdictParty Party)
{
    public static Verdict Works(string reason) => new(VerdictOutcome.Works, Errno.None, reason, null, VerdictParty.None);

    public static Verdict Fails(Errno errno, string reason, VerdictParty party, string remedy) =>
        new(VerdictOutcome.Fails, errno, reason, remedy, party);

    /// <summary>For what cannot be seen from this process.</summary>
    public static Verdict Unknown(string reason, string remedy) =>
        new(VerdictOutcome.Unknown, Errno.None, reason, remedy, VerdictParty.Caller);
}

/// <summary>The commands by which the owner of a file lets a user past it: the least that is enough.</summary>
internal static class Remedy
{
    public static string Search(WalkPoint directory, FileCredentials user) => Grant(directory, user, 'x', "x");

    public static string WriteTo(WalkPoint socket, FileCredentials user) =>
        Grant(socket, user, 'w', "rw") + " A server makes its file anew when it starts: let it set the mode and the group " +
        "(with this library SocketFileOptions.Mode and Group).";

    public static string MakeFilesIn(WalkPoint directory, FileCredentials user) =>
        Grant(directory, user, 'w', "wx") + " Better: a directory of its own, such as $XDG_RUNTIME_DIR, or RuntimeDirectory= of a service.";

    private static string Grant(WalkPoint file, FileCredentials user, char letter, string permissions)
    {
        var path = PrintableText.ForShell(file.Location);
        var bit = letter == 'x' ? 1u : 2u;
        if (user.User == file.Status.User)
            return $"As the owner: chmod u+{letter} {path}.";
        var list = $"setfacl -m u:{user.User}:{permissions} {path}";
        // Where there is a list, what ls shows as the group's is the mask, and chmod would change that.
        // No user is made a member of root's group for a socket.
        if (file.Acl is null && file.Status.Group != 0 && (file.Status.Permissions & (bit << 3)) != 0)
            return $"Make {user} a member of {PrintableText.Group(file.Status.Group)}, or as its owner: {list}.";
        return file.Acl is null && user.IsInGroup(file.Status.Group)
            ? $"As its owner: chmod g+{letter} {path}."
            : $"As its owner: {list}.";
    }
}
