using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Diagnostics.Explaining;

/// <summary>
/// What binding to a path with this library would come to, and where bind(2) alone would come to something else. The order is that of the
/// kernel: what is at the path counts before the permission to make something there.
/// </summary>
internal static class BindVerdict
{
    private const uint StickyBit = FileStatus.S_ISVTX;

    // Their directories are made by the kernel, and take no files from anybody.
    private static readonly string[] WithoutSockets =
    [
        "sysfs", "devpts", "cgroup", "cgroup2", "cpuset", "securityfs", "debugfs", "tracefs", "bpf", "mqueue", "configfs", "binfmt_misc",
        "pstore", "efivarfs", "fusectl", "selinuxfs", "vfat", "exfat", "msdos",
    ];

    public static UnixVerdict Of(
        PathWalk walk, ReadOnlySpan<byte> path, UnixUser user, Func<WalkPoint, SocketProbeResult> look, List<string> notes)
    {
        UnixVerdict kernel = walk switch
        {
            { Found: { } found } => Occupied(found, walk.Directory, user, look, notes),
            { Problem: WalkProblem.Missing, IsLastName: true } => Free(walk, walk.Directory, SafeText.Of(walk.Directory.Location), user),
            _ => WalkVerdict.Of(walk, user, isBind: true),
        };
        // The library looks at the directories before it asks the kernel; the user's way may end before it comes to an unsafe one.
        _ = UnsafeDirectory.Find(path, out UnsafeDirectory? unsafeDirectory);
        if (unsafeDirectory is not null && walk.PointOf(unsafeDirectory.ReachedAt) is { } reached)
            return Unsafe(unsafeDirectory, walk.StepOf(reached), kernel, notes);
        if (walk.Found is { } occupant)
            walk.StepOf(occupant).Errno = kernel.Errno;
        return kernel;
    }

    private static UnixVerdict Unsafe(UnsafeDirectory directory, UnixPathStep step, UnixVerdict kernel, List<string> notes)
    {
        string place = SafeText.Of(directory.Path);
        step.Errno = Errno.EPERM;
        if (kernel.Outcome == UnixOutcome.Works)
            notes.Add("bind(2) alone would work there, and so does SocketFileOptions.AllowUnsafeDirectory.");
        string what = directory.IsLast
            ? $"Everybody may replace files in {place}, which is writable by others and not sticky; this library does not bind there."
            : $"Everybody may replace what is in {place}, which the path leads through: it is writable by others and not sticky; " +
                "this library does not bind there.";
        return UnixVerdict.Fails(Errno.EPERM, what, ResponsibleParty.Owner,
            $"As its owner: chmod o-w {place}, or chmod +t {place}; or use a directory of your own.");
    }

    private static UnixVerdict Free(PathWalk walk, WalkPoint directory, string place, UnixUser user)
    {
        if (walk.EndsInSlash)
        {
            return UnixVerdict.Fails(Errno.ENOENT, $"The path ends in a slash, and so names a directory: {walk.Last.Path} is none.",
                ResponsibleParty.Caller, "Leave the slash away, or add the name of the socket file.");
        }
        walk.Last.Errno = Errno.None; // that nothing is there is as it should be
        if (directory.FileSystem.IsReadOnly)
        {
            return UnixVerdict.Fails(Errno.EROFS, $"The file system of {place} is mounted read-only.",
                ResponsibleParty.Caller, "Choose a path under /run or /tmp.");
        }
        if (directory.IsImmutable)
        {
            return UnixVerdict.Fails(Errno.EPERM, $"{place} is marked immutable (chattr +i): nothing can be made in it.",
                ResponsibleParty.Owner, $"As root: chattr -i {place}.");
        }
        UnixPathStep step = walk.StepOf(directory);
        AccessAnswer write = directory.Judge(user, AccessKinds.Write | AccessKinds.Search);
        (step.Asked, step.Rule) = ("write", write.Rule);
        if (!write.Granted)
        {
            step.Errno = Errno.EACCES;
            return UnixVerdict.Fails(Errno.EACCES,
                $"{WalkVerdict.Start(user)} may not make files in {place}: {WalkVerdict.Owned(directory, write.Rule)}.",
                ResponsibleParty.Owner, Remedy.MakeFilesIn(directory, user));
        }
        if (directory.FileSystem.IsProc)
        {
            return UnixVerdict.Fails(Errno.ENOENT, $"{place} is made by the kernel (proc), and takes no files.",
                ResponsibleParty.Caller, "Choose a path under /run or /tmp.");
        }
        if (walk.MountOf(directory) is { } mount && WithoutSockets.Contains(mount.FileSystem))
        {
            return UnixVerdict.Fails(Errno.EPERM, $"{place} is on a file system ({mount.FileSystem}) that takes no socket files.",
                ResponsibleParty.Caller, "Choose a path under /run or /tmp.");
        }
        if (directory.FileSystem.IsFull)
        {
            return UnixVerdict.Fails(Errno.ENOSPC, $"The file system of {place} has no room for another file (see df -i).",
                ResponsibleParty.Owner, "Remove files there, or choose a path on another file system.");
        }
        return UnixVerdict.Works($"Nothing is at the path, and {user} may make files in {place}.");
    }

    private static UnixVerdict Occupied(
        WalkPoint found, WalkPoint directory, UnixUser user, Func<WalkPoint, SocketProbeResult> look, List<string> notes)
    {
        string at = SafeText.Of(found.Location);
        if (!found.IsSocket)
        {
            return UnixVerdict.Fails(Errno.EADDRINUSE, $"{at} is {FileWords.Of(found.Kind)}, which nothing replaces.",
                ResponsibleParty.Caller, found.IsDirectory ? "Add the name of the socket file." : "Choose another path, or move it away.");
        }
        AccessAnswer write = found.Judge(user, AccessKinds.Write);
        if (!write.Granted)
        {
            return UnixVerdict.Fails(Errno.EADDRINUSE,
                $"A socket file of {Accounts.User(found.Status.User)} is at {at}, and {user} may not ask whether it is in use: " +
                $"{WalkVerdict.Owned(found, write.Rule)}.",
                ResponsibleParty.Owner, "Choose another path, or have its owner remove it.");
        }
        if (look(found).Life != SocketLiveness.Stale)
        {
            return UnixVerdict.Fails(Errno.EADDRINUSE, $"A live socket is at {at}.",
                ResponsibleParty.Caller,
                "Choose another path, or stop the program that has it. With this library SocketFileOptions.ReplaceLive puts " +
                    " a fresh listener in its place.");
        }
        if (!MayRemove(found, directory, user, out UnixVerdict? denied))
            return denied!;
        notes.Add("bind(2) alone fails with Address already in use (EADDRINUSE, 98) until the stale file is removed.");
        return UnixVerdict.Works($"A stale socket file is at {at}; this library replaces it.");
    }

    private static bool MayRemove(WalkPoint found, WalkPoint directory, UnixUser user, out UnixVerdict? denied)
    {
        string place = SafeText.Of(directory.Location);
        AccessAnswer write = directory.Judge(user, AccessKinds.Write | AccessKinds.Search);
        bool isFree = (directory.Status.Mode & StickyBit) == 0 || user.UserId == found.Status.User
            || user.UserId == directory.Status.User || user.Has(Capability.FileOwner);
        denied = true switch
        {
            _ when directory.FileSystem.IsReadOnly => UnixVerdict.Fails(Errno.EROFS,
                $"A stale socket file is there, and the file system of {place} is read-only.",
                ResponsibleParty.Caller, "Choose a path under /run or /tmp."),
            _ when directory.IsImmutable || (write.Granted && directory.IsAppendOnly) => UnixVerdict.Fails(Errno.EPERM,
                $"A stale socket file is there, and {place} is marked {(directory.IsImmutable ? "immutable (chattr +i)" :
                    "for adding only (chattr +a)")}: nothing can be removed from it.",
                ResponsibleParty.Owner, $"As root: chattr -{(directory.IsImmutable ? 'i' : 'a')} {place}."),
            _ when !write.Granted => UnixVerdict.Fails(Errno.EACCES,
                $"A stale socket file is there, and {user} may not remove files from {place}: {WalkVerdict.Owned(directory, write.Rule)}.",
                ResponsibleParty.Owner, "Have its owner remove it, or choose a directory of your own."),
            _ when !isFree => UnixVerdict.Fails(Errno.EPERM,
                $"A stale socket file of {Accounts.User(found.Status.User)} is there, and {place} is sticky: only its owner may remove it.",
                ResponsibleParty.Owner, "Have its owner remove it, or choose a directory of your own."),
            _ when found.Mount != directory.Mount => UnixVerdict.Fails(Errno.EBUSY,
                "A stale socket file is mounted there (a bind mount), and what is mounted cannot be removed.",
                ResponsibleParty.Caller, $"Unmount it, or choose another path."),
            _ => null,
        };
        return denied is null;
    }
}
