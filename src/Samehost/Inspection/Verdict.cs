using Samehost.Interop;

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

    /// <summary>The advice to ask as root, or another one where this process is root already.</summary>
    /// <param name="asRoot">The advice to root.</param>
    /// <param name="alternative">What others can do instead.</param>
    public static string AskRoot(string asRoot, string? alternative = null) =>
        LibcIdentity.EffectiveUser() == 0 ? asRoot
            : alternative is null ? "Explain it as root." : $"Explain it as root, {alternative}.";

    public static Verdict Fails(Errno errno, string reason, Remedy remedy) => Fails(errno, reason, remedy.Party, remedy.Text);

    /// <summary>For what cannot be seen from this process.</summary>
    public static Verdict Unknown(string reason, string remedy) =>
        new(VerdictOutcome.Unknown, Errno.None, reason, remedy, VerdictParty.Caller);
}

/// <summary>What lets a user past a file: a new login where the user has become a member of the file's group since, or else the commands of
/// the file's owner, the least that is enough.</summary>
internal readonly record struct Remedy(VerdictParty Party, string Text)
{
    public static Remedy Search(WalkPoint directory, FileCredentials user) =>
        NewLogin(directory, user, AccessKinds.Search) ?? OfOwner(Grant(directory, user, 'x', "x"));

    public static Remedy WriteTo(WalkPoint socket, FileCredentials user) =>
        NewLogin(socket, user, AccessKinds.Write) ?? OfOwner(Grant(socket, user, 'w', "rw") +
            " A server makes its file anew when it starts: let it set the mode and the group " +
            "(with this library SocketFileOptions.Mode and Group).");

    public static Remedy MakeFilesIn(WalkPoint directory, FileCredentials user) =>
        NewLogin(directory, user, AccessKinds.Write | AccessKinds.Search) ?? OfOwner(Grant(directory, user, 'w', "wx") +
            " Better: a directory of its own, such as $XDG_RUNTIME_DIR, or RuntimeDirectory= of a service.");

    private static Remedy OfOwner(string text) => new(VerdictParty.Owner, text);

    /// <summary>The remedy where the groups that the account database has for the user by now would be enough: a process keeps those of its
    /// login (credentials(7), initgroups(3)).</summary>
    private static Remedy? NewLogin(WalkPoint file, FileCredentials user, AccessKinds wanted)
    {
        var atLogin = LibcAccount.FindGroupsOf(user.User);
        var missing = atLogin.FirstOrDefault(
            group => !user.IsInGroup(group) && file.Judge(With(group), wanted).Granted && file.Judge(With(atLogin), wanted).Granted,
            uint.MaxValue);
        if (missing == uint.MaxValue)
            return null;
        return new Remedy(VerdictParty.Caller,
            $"The account database has {user} in {PrintableText.Group(missing)}, which would be enough; the calling process is not in " +
            "it: processes keep the groups with which they were started. Log in again, or run newgrp " +
            $"{PrintableText.ForShell(PrintableText.GroupName(missing))}; restart a service.");

        FileCredentials With(params IEnumerable<uint> groups) => user with { Groups = [.. user.Groups, .. groups] };
    }

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
        {
            return $"Make {user} a member of {PrintableText.Group(file.Status.Group)}, which takes effect at the next login, or as its " +
                $"owner: {list}.";
        }
        return file.Acl is null && user.IsInGroup(file.Status.Group)
            ? $"As its owner: chmod g+{letter} {path}."
            : $"As its owner: {list}.";
    }
}
