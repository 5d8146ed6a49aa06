using System.Net.Sockets;
namespace Samehost.Diagnostics.Explaining;

/// <summary>What connecting to a path would come to, in the order in which the kernel looks.</summary>
internal static class ConnectVerdict
{
    public static UnixVerdict Of(PathWalk walk, UnixUser user, Func<WalkPoint, SocketProbeResult> look, SocketType kind)
    {
        if (walk.Found is not { } found)
            return WalkVerdict.Of(walk, user, isBind: false);
        string at = SafeText.Of(found.Location);
        UnixPathStep step = walk.StepOf(found);
        AccessAnswer write = found.Judge(user, AccessKinds.Write);
        (step.Asked, step.Rule) = ("write", write.Rule);
        SocketProbeResult? seen = found is { IsSocket: true, FileSystem.IsSockets: false } ? look(found) : null;
        UnixVerdict verdict = Denied(walk, found, at, user, write) ?? (seen is not null
            ? SocketVerdict.Of(seen, kind, at)
            : UnixVerdict.Fails(Errno.ECONNREFUSED, found.IsSocket
                ? $"{at} is a socket that a process has open, and not the file that a socket is bound to."
                : $"{at} is {FileWords.Of(found.Kind)} and no socket.",
                ResponsibleParty.Caller, "Give the path that the server listens at."));
        step.Errno = verdict.Errno;
        return verdict;
    }

    private static UnixVerdict? Denied(PathWalk walk, WalkPoint found, string at, UnixUser user, AccessAnswer write)
    {
        if (found.Kind is UnixFileKind.Directory or UnixFileKind.RegularFile && walk.MountOf(found) is { IsReadOnlyItself: true })
        {
            return UnixVerdict.Fails(Errno.EROFS, $"{at} is {FileWords.Of(found.Kind)} and no socket, on a read-only file system.",
                ResponsibleParty.Caller, "Give the path that the server listens at.");
        }
        if (found.IsImmutable)
        {
            return UnixVerdict.Fails(Errno.EPERM, $"{at} is marked immutable (chattr +i), so that nobody may write to it.",
                ResponsibleParty.Owner, $"As root: chattr -i {at}.");
        }
        if (write.Granted)
            return null;
        string owned = WalkVerdict.Owned(found, write.Rule);
        return found.IsSocket
            ? UnixVerdict.Fails(Errno.EACCES,
                $"{WalkVerdict.Start(user)} may not write to {at}, which connecting takes: {owned}.",
                ResponsibleParty.Owner, Remedy.WriteTo(found, user))
            : UnixVerdict.Fails(Errno.EACCES,
                $"{at} is {FileWords.Of(found.Kind)} and no socket, and {user} may not write to it: {owned}.",
                ResponsibleParty.Caller, "Give the path that the server listens at.");
    }
}
