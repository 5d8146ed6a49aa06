using System.Runtime.InteropServices;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What it means that a walk came to no end.</summary>
internal static class WalkVerdict
{
    private const string AroundProc = "Give a path that does not lead through /proc, or be that user or root.";

    public static UnixVerdict Of(PathWalk walk, UnixUser user, bool isBind)
    {
        string at = walk.Last.Path;
        if (walk.Problem == WalkProblem.Refused)
            return Refused(walk, user, at);
        string directory = SafeText.Of(walk.Directory.Location);
        return walk.Problem switch
        {
            WalkProblem.Missing => Missing(walk, directory, isBind),
            WalkProblem.SearchDenied when walk.Directory.FileSystem.IsProc => UnixVerdict.Fails(Errno.EACCES,
                $"{Start(user)} may not look into {directory}: {Owned(walk.Directory, walk.Last.Rule)}.",
                ResponsibleParty.Caller, AroundProc),
            WalkProblem.SearchDenied => UnixVerdict.Fails(Errno.EACCES,
                $"{Start(user)} may not pass through {directory}: {Owned(walk.Directory, walk.Last.Rule)}.",
                ResponsibleParty.Owner, Remedy.Search(walk.Directory, user)),
            WalkProblem.NotADirectory => UnixVerdict.Fails(Errno.ENOTDIR,
                $"{at} is {FileWords.Of(walk.Last.Kind)}, and the path goes on as if it were a directory.",
                ResponsibleParty.Caller, "Correct the path."),
            WalkProblem.TooManyLinks => UnixVerdict.Fails(Errno.ELOOP,
                $"Symbolic links lead in a circle, or more than 40 follow one another: {at} leads to {walk.Last.LinkTarget}.",
                ResponsibleParty.Owner, $"Make the link anew, so that it leads to the socket: ln -sfn TARGET {at}."),
            WalkProblem.LinkNotTrusted => UnixVerdict.Fails(Errno.EACCES,
                $"{at} is a symbolic link of {Accounts.User(walk.Last.UserId!.Value)} in {directory}, where everybody may make files: " +
                "there the kernel follows a link only for its owner (fs.protected_symlinks).",
                ResponsibleParty.Caller,
                $"Give the path that it leads to, {walk.Last.LinkTarget}, or put the link into another directory."),
            WalkProblem.LinksForbidden => UnixVerdict.Fails(Errno.ELOOP,
                $"{at} is a symbolic link on a file system that is mounted with nosymfollow.",
                ResponsibleParty.Caller, $"Give the path that it leads to, {walk.Last.LinkTarget}."),
            WalkProblem.ProcessClosed => UnixVerdict.Fails(Errno.EACCES,
                $"{at} leads into a process of {Accounts.User(walk.Last.UserId!.Value)}, into which {user} may not look.",
                ResponsibleParty.Caller, AroundProc),
            WalkProblem.OtherProcess => UnixVerdict.Unknown(
                $"{at} is whichever process goes there: here it is this one, and for {user} it would be another.",
                "Give the number of that process instead of self."),
            WalkProblem.NameTooLong => UnixVerdict.Fails(Errno.ENAMETOOLONG,
                $"A name on the path has {walk.Name.Length} bytes; a file name has 255 at most.",
                ResponsibleParty.Caller, "Use a shorter name."),
            _ => UnixVerdict.Unknown(
                $"This process ({UnixUser.Current}) may not look into {directory}, so that it cannot say what is in it.",
                "Ask as root, or as that user."),
        };
    }

    /// <summary>A user at the beginning of a sentence.</summary>
    public static string Start(UnixUser user) => "User" + user.ToString()["user".Length..];

    /// <summary>Whose a file is, and the rule that decided.</summary>
    public static string Owned(WalkPoint file, string? rule) =>
        $"it belongs to {Accounts.User(file.Status.User)} and {Accounts.Group(file.Status.Group)} with mode " +
        $"{Convert.ToString(file.Status.Mode & 0xFFF, 8).PadLeft(4, '0')}, and what counts is \"{rule}\"";

    private static UnixVerdict Missing(PathWalk walk, string directory, bool isBind)
    {
        string name = SafeText.Of(walk.Name);
        string via = walk.LastLink is { } link ? $" The link {link.Path} leads there." : "";
        if (walk.IsLastName && !isBind)
        {
            return UnixVerdict.Fails(Errno.ENOENT, $"{directory} has nothing named {name} in it.{via}",
                ResponsibleParty.Server, "Start the server, or give the path that it listens at.");
        }
        return UnixVerdict.Fails(Errno.ENOENT, $"{directory} has no directory named {name} in it.{via}", ResponsibleParty.Caller,
            isBind
                ? "Make the directory first; a service's RuntimeDirectory= does that."
                : "Correct the path, or start the server, which may make the directory.");
    }

    private static UnixVerdict Refused(PathWalk walk, UnixUser user, string at) => walk.Errno == Errno.EACCES
        ? UnixVerdict.Fails(Errno.EACCES,
            $"The permissions let {user} come to {at}, and the kernel refuses all the same: a security policy forbids it " +
            "(SELinux, AppArmor, Landlock), or the file system has rules of its own.",
            ResponsibleParty.Owner, "Look into the system's audit log.")
        : UnixVerdict.Fails(walk.Errno, $"Looking at {at} failed: {Marshal.GetPInvokeErrorMessage((int)walk.Errno)}.",
            ResponsibleParty.Caller, "Look at the file system there.");
}
