using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>
/// What binding to a path with this library would come to, and where bind(2) alone would come to something else. The order is that of the
/// kernel: what is at the path counts before the permission to make something there.
/// </summary>
internal static class BindVerdict
{
    private const uint StickyBit = FileStatus.S_ISVTX;

    /// <summary>What to do about a file that cannot be replaced because it is mounted.</summary>
    public const string RemedyForMounted = "Mount its directory instead of the file, unmount it, or choose another path.";

    // Their directories are made by the kernel, and accept no files.
    private static readonly string[] WithoutSockets =
    [
        "sysfs", "devpts", "cgroup", "cgroup2", "cpuset", "securityfs", "debugfs", "tracefs", "bpf", "mqueue", "configfs", "binfmt_misc",
        "pstore", "efivarfs", "fusectl", "selinuxfs", "vfat", "exfat", "msdos",
    ];

    public static Verdict Of(
        PathWalk walk, FileCredentials user, Func<WalkPoint, SocketProbeResult> look, bool allowUnsafeDirectory, List<string> notes)
    {
        var kernel = walk switch
        {
            { Found: { } found } => Occupied(found, walk.Directory, user, look, notes),
            { Problem: WalkProblem.Missing, IsLastName: true, Directory.IsRemoved: false } =>
                Free(walk, walk.Directory, PrintableText.Of(walk.Directory.Location), user),
            _ => WalkVerdict.Of(walk, user, isBind: true),
        };
        // The library looks at the directories before it asks the kernel; the user's way may end before it comes to an unsafe one.
        if (!allowUnsafeDirectory && walk.Unsafe is { } directory)
            return Unsafe(directory, walk.StepOf(directory.At), kernel, notes);
        if (walk.Found is { } existing)
            walk.StepOf(existing).Errno = kernel.Errno;
        return kernel;
    }

    private static Verdict Unsafe(UnsafeDirectory directory, PathStep step, Verdict kernel, List<string> notes)
    {
        var (place, quoted) = (PrintableText.Of(directory.Path), PrintableText.ForShell(directory.Path));
        step.Errno = Errno.EPERM;
        if (kernel.Outcome == VerdictOutcome.Works)
        {
            notes.Add(notes.Count == 0
                ? "bind(2) alone would work there, and so does SocketFileOptions.AllowUnsafeDirectory."
                : "SocketFileOptions.AllowUnsafeDirectory works there.");
        }
        var what = directory.IsLast
            ? $"Every user may replace files in {place}, which is writable by others and not sticky; this library does not bind there."
            : $"Every user may replace what is in {place}, which the path leads through: it is writable by others and not sticky; " +
                "this library does not bind there.";
        return Verdict.Fails(Errno.EPERM, what, VerdictParty.Owner,
            $"As its owner: chmod o-w {quoted}, or chmod +t {quoted}; or use a directory of your own.");
    }

    private static Verdict Free(PathWalk walk, WalkPoint directory, string place, FileCredentials user)
    {
        if (walk.EndsInSlash)
        {
            return Verdict.Fails(Errno.ENOENT, $"The path ends in a slash, and so names a directory: {walk.Last.Path} is none.",
                VerdictParty.Caller, "Leave the slash away, or add the name of the socket file.");
        }
        walk.Last.Errno = Errno.None; // the file is not expected to exist
        if (directory.FileSystem.IsProc) // whose lookup fails before any permission is checked
        {
            return Verdict.Fails(Errno.ENOENT, $"{place} is made by the kernel (proc), and accepts no files.",
                VerdictParty.Caller, "Choose a path under /run or /tmp.");
        }
        if (directory.FileSystem.IsReadOnly)
        {
            return Verdict.Fails(Errno.EROFS, $"The file system of {place} is mounted read-only.",
                VerdictParty.Caller, "Choose a path under /run or /tmp.");
        }
        if (directory.IsImmutable)
        {
            return Verdict.Fails(Errno.EPERM, $"{place} is marked immutable (chattr +i): nothing can be made in it.",
                VerdictParty.Owner, $"As root: chattr -i {PrintableText.ForShell(directory.Location)}.");
        }
        var step = walk.StepOf(directory);
        var write = directory.Judge(user, AccessKinds.Write | AccessKinds.Search);
        (step.Asked, step.Rule) = ("write", write.Rule);
        if (!write.Granted)
        {
            step.Errno = Errno.EACCES;
            return Verdict.Fails(Errno.EACCES,
                $"{WalkVerdict.Start(user)} may not make files in {place}: {WalkVerdict.Owned(directory, write.Rule)}.",
                Remedy.MakeFilesIn(directory, user));
        }
        if (walk.MountOf(directory) is { } mount && WithoutSockets.Contains(mount.FileSystem))
        {
            return Verdict.Fails(Errno.EPERM, $"{place} is on a file system ({mount.FileSystem}) that accepts no socket files.",
                VerdictParty.Caller, "Choose a path under /run or /tmp.");
        }
        if (directory.FileSystem.IsFull)
        {
            return Verdict.Fails(Errno.ENOSPC, $"The file system of {place} has no room for another file (see df -i).",
                VerdictParty.Owner, "Remove files there, or choose a path on another file system.");
        }
        return Verdict.Works($"Nothing is at the path, and {user} may make files in {place}.");
    }

    private static Verdict Occupied(
        WalkPoint found, WalkPoint directory, FileCredentials user, Func<WalkPoint, SocketProbeResult> look, List<string> notes)
    {
        var at = PrintableText.Of(found.Location);
        if (!found.IsSocket)
        {
            return Verdict.Fails(Errno.EADDRINUSE, $"{at} is {PathStep.Noun(found.Kind)}, which nothing replaces.",
                VerdictParty.Caller, found.IsDirectory ? "Add the name of the socket file." : "Choose another path, or move it away.");
        }
        var write = found.Judge(user, AccessKinds.Write);
        if (!write.Granted)
        {
            return Verdict.Fails(Errno.EADDRINUSE,
                $"A socket file of {PrintableText.User(found.Status.User)} is at {at}, and {user} may not find out whether it is in use: " +
                $"{WalkVerdict.Owned(found, write.Rule)}.",
                VerdictParty.Owner, "Choose another path, or have its owner remove it.");
        }
        var socket = look(found);
        var liveness = socket.Liveness;
        if (liveness == SocketLiveness.Unclear)
            return SocketVerdict.Unclear(socket, at);
        if (liveness == SocketLiveness.Live)
        {
            return Verdict.Fails(Errno.EADDRINUSE, $"A live socket is at {at}.",
                VerdictParty.Caller,
                "Choose another path, or stop the program that has it. With this library SocketFileOptions.ReplaceLive puts " +
                    " a fresh listener in its place.");
        }
        if (!MayRemove(found, directory, user, out var denied))
            return denied!;
        notes.Add("bind(2) alone fails with Address already in use (EADDRINUSE, 98) until the stale file is removed.");
        return Verdict.Works($"A stale socket file is at {at}; this library replaces it.");
    }

    private static bool MayRemove(WalkPoint found, WalkPoint directory, FileCredentials user, out Verdict? denied)
    {
        var place = PrintableText.Of(directory.Location);
        var write = directory.Judge(user, AccessKinds.Write | AccessKinds.Search);
        var isFree = (directory.Status.Mode & StickyBit) == 0 || user.User == found.Status.User
            || user.User == directory.Status.User || user.Has(Capability.FileOwner);
        denied = true switch
        {
            _ when directory.FileSystem.IsReadOnly => Verdict.Fails(Errno.EROFS,
                $"A stale socket file exists, and the file system of {place} is read-only.",
                VerdictParty.Caller, "Choose a path under /run or /tmp."),
            _ when directory.IsImmutable || (write.Granted && directory.IsAppendOnly) => Verdict.Fails(Errno.EPERM,
                $"A stale socket file exists, and {place} is marked {(directory.IsImmutable ? "immutable (chattr +i)" :
                    "append-only (chattr +a)")}: nothing can be removed from it.",
                VerdictParty.Owner,
                $"As root: chattr -{(directory.IsImmutable ? 'i' : 'a')} {PrintableText.ForShell(directory.Location)}."),
            _ when !write.Granted => Verdict.Fails(Errno.EACCES,
                $"A stale socket file exists, and {user} may not remove files from {place}: {WalkVerdict.Owned(directory, write.Rule)}.",
                VerdictParty.Owner, "Have its owner remove it, or choose a directory of your own."),
            _ when !isFree => Verdict.Fails(Errno.EPERM,
                $"A stale socket file of {PrintableText.User(found.Status.User)} exists, and {place} is sticky: only its owner may " +
                "remove it.",
                VerdictParty.Owner, "Have its owner remove it, or choose a directory of your own."),
            _ when found.IsMounted(directory) => Verdict.Fails(Errno.EBUSY,
                "A stale socket file is mounted there (a bind mount), and what is mounted cannot be removed.",
                VerdictParty.Caller, RemedyForMounted),
            _ => null,
        };
        return denied is null;
    }
}
