using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>The verdict where a path walk came to no end.</summary>
internal static class WalkVerdict
{
    private const string AroundProc = "Give a path that does not lead through /proc, or be that user or root.";

    public static Verdict Of(PathWalk walk, FileCredentials user, bool isBind)
    {
        var at = walk.Last.Path;
        if (walk.Problem == WalkProblem.Refused)
            return Refused(walk, user, at);
        var directory = PrintableText.Of(walk.Directory.Location);
        return walk.Problem switch
        {
            WalkProblem.Missing => Missing(walk, directory, isBind),
            WalkProblem.SearchDenied when walk.Directory.FileSystem.IsProc => Verdict.Fails(Errno.EACCES,
                $"{Start(user)} may not look into {directory}: {Owned(walk.Directory, walk.Last.Rule)}.",
                VerdictParty.Caller, AroundProc),
            WalkProblem.SearchDenied => Verdict.Fails(Errno.EACCES,
                $"{Start(user)} may not pass through {directory}: {Owned(walk.Directory, walk.Last.Rule)}.",
                Remedy.Search(walk.Directory, user)),
            WalkProblem.NotADirectory => Verdict.Fails(Errno.ENOTDIR,
                $"{at} is not a directory but {PathStep.Noun(walk.Last.Kind)}, and the path continues below it.",
                VerdictParty.Caller, "Correct the path."),
            WalkProblem.TooManyLinks => Verdict.Fails(Errno.ELOOP,
                $"Symbolic links lead in a circle, or more than 40 follow one another: {at} leads to {walk.Last.LinkTarget}.",
                VerdictParty.Owner, $"Make the link anew, so that it leads to the socket: ln -sfn TARGET {at}."),
            WalkProblem.LinkNotTrusted => Verdict.Fails(Errno.EACCES,
                $"{at} is a symbolic link of {PrintableText.User(walk.Last.Status!.Value.User)} in {directory}, where every user may " +
                "make files: there the kernel follows a link only for its owner (fs.protected_symlinks).",
                VerdictParty.Caller,
                $"Give the path that it leads to, {walk.Last.LinkTarget}, or put the link into another directory."),
            WalkProblem.LinksForbidden => Verdict.Fails(Errno.ELOOP,
                $"{at} is a symbolic link on a file system that is mounted with nosymfollow.",
                VerdictParty.Caller, $"Give the path that it leads to, {walk.Last.LinkTarget}."),
            WalkProblem.ProcessClosed => Verdict.Fails(Errno.EACCES,
                $"{at} leads into a process of {PrintableText.User(walk.Last.Status!.Value.User)}, into which {user} may not look.",
                VerdictParty.Caller, AroundProc),
            WalkProblem.OtherProcess => Verdict.Unknown(
                $"{at} is the process that follows it: here it is this one, and for {user} it would be another.",
                "Give the number of that process instead of self."),
            WalkProblem.NameTooLong => Verdict.Fails(Errno.ENAMETOOLONG,
                $"A name on the path has {walk.Name.Length} bytes; a file name has 255 at most.",
                VerdictParty.Caller, "Correct the path: use a shorter one."),
            _ => Verdict.Unknown(
                $"This process (user {LibcIdentity.EffectiveUser()}) may not look into {directory}, so what is in it is not known.",
                Verdict.AskRoot("Explain it as that user.", "or as that user")),
        };
    }

    /// <summary>A user at the beginning of a sentence.</summary>
    public static string Start(FileCredentials user) => "User" + user.ToString()["user".Length..];

    /// <summary>The owner of a file, and the rule that decided.</summary>
    public static string Owned(WalkPoint file, string? rule) =>
        $"it belongs to {PrintableText.User(file.Status.User)} and {PrintableText.Group(file.Status.Group)} with mode " +
        $"{Convert.ToString(file.Status.Mode & 0xFFF, 8).PadLeft(4, '0')}, and what counts is \"{rule}\"";

    private static Verdict Missing(PathWalk walk, string directory, bool isBind)
    {
        var name = PrintableText.Of(walk.Name);
        if (walk.Directory.IsRemoved)
        {
            return Verdict.Fails(Errno.ENOENT,
                $"{directory} has been removed where it comes from, and this process still has the old one, by a mount or as its working " +
                $"directory: {name} cannot be in it.",
                VerdictParty.Caller,
                "Mount the directory above it, or enter it anew. A service's directory in /run stays with RuntimeDirectoryPreserve=yes.");
        }
        var via = walk.LastLink is { } link ? $" The link {link.Path} leads there." : "";
        if (walk.IsLastName && !isBind)
        {
            return Verdict.Fails(Errno.ENOENT, $"{directory} has nothing named {name} in it.{via}",
                VerdictParty.Server, "Start the server, or give the path that it listens at.");
        }
        return Verdict.Fails(Errno.ENOENT, $"{directory} has no directory named {name} in it.{via}", VerdictParty.Caller,
            isBind
                ? "Make the directory first; a service's RuntimeDirectory= does that."
                : "Correct the path, or start the server, which may make the directory.");
    }

    private static Verdict Refused(PathWalk walk, FileCredentials user, string at) => walk.Errno == Errno.EACCES
        ? Verdict.Fails(Errno.EACCES,
            $"The permissions let {user} come to {at}, and the kernel refuses all the same: a security policy forbids it " +
            "(SELinux, AppArmor, Landlock), or the file system has rules of its own.",
            VerdictParty.Owner, "Look into the system's audit log.")
        : Verdict.Fails(walk.Errno, $"Looking at {at} failed: {Marshal.GetPInvokeErrorMessage((int)walk.Errno)}.",
            VerdictParty.Caller, "Look at the file system there.");
}
