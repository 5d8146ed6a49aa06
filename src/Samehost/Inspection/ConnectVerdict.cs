using Samehost.Interop;
namespace Samehost.Inspection;

/// <summary>What connecting to a path would come to, in the order in which the kernel looks.</summary>
internal static class ConnectVerdict
{
    public static Verdict Of(PathWalk walk, FileCredentials user, Func<WalkPoint, SocketProbeResult> look, int? type)
    {
        if (walk.Found is not { } found)
            return WalkVerdict.Of(walk, user, isBind: false);
        var at = PrintableText.Of(found.Location);
        var step = walk.StepOf(found);
        var write = found.Judge(user, AccessKinds.Write);
        (step.Asked, step.Rule) = ("write", write.Rule);
        var seen = found is { IsSocket: true, FileSystem.IsSockets: false } ? look(found) : null;
        var isOldMount = seen?.Liveness == SocketLiveness.Stale && found.IsMounted(walk.Directory);
        var verdict = Denied(walk, found, at, user, write) ?? (seen is not null
            ? isOldMount ? MountedStale(at) : SocketVerdict.Of(seen, type, at)
            : Verdict.Fails(Errno.ECONNREFUSED, found.IsSocket
                ? $"{at} is a socket that a process has open, and not the file that a socket is bound to."
                : $"{at} is {PathStep.Noun(found.Kind)} and no socket.",
                VerdictParty.Caller, "Give the path that the server listens at."));
        step.Errno = verdict.Errno;
        return verdict;
    }

    private static Verdict MountedStale(string at) => Verdict.Fails(Errno.ECONNREFUSED,
        $"{at} is a socket file that is mounted there by itself (a bind mount), and its socket is closed: a server that starts again " +
        "makes a new file, and the mount goes on showing the old one.",
        VerdictParty.Caller,
        "Mount the directory of the socket file instead of the file, in a container as well; then start the server, unless it runs " +
        "already.");

    private static Verdict? Denied(PathWalk walk, WalkPoint found, string at, FileCredentials user, AccessAnswer write)
    {
        if (found.Kind is FileKind.Directory or FileKind.RegularFile && walk.MountOf(found) is { IsReadOnlyItself: true })
        {
            return Verdict.Fails(Errno.EROFS, $"{at} is {PathStep.Noun(found.Kind)} and no socket, on a read-only file system.",
                VerdictParty.Caller, "Give the path that the server listens at.");
        }
        if (found.IsImmutable)
        {
            return Verdict.Fails(Errno.EPERM, $"{at} is marked immutable (chattr +i), so that no user may write to it.",
                VerdictParty.Owner, $"As root: chattr -i {PrintableText.ForShell(found.Location)}.");
        }
        if (write.Granted)
            return null;
        var owned = WalkVerdict.Owned(found, write.Rule);
        return found.IsSocket
            ? Verdict.Fails(Errno.EACCES,
                $"{WalkVerdict.Start(user)} may not write to {at}, which connecting takes: {owned}.",
                Remedy.WriteTo(found, user))
            : Verdict.Fails(Errno.EACCES,
                $"{at} is {PathStep.Noun(found.Kind)} and no socket, and {user} may not write to it: {owned}.",
                VerdictParty.Caller, "Give the path that the server listens at.");
    }
}

/// <summary>What connecting to the socket that an address leads to would come to.</summary>
internal static class SocketVerdict
{
    /// <param name="probe">What is known of the socket.</param>
    /// <param name="wanted">The type of the socket that connects; null for any that fits.</param>
    /// <param name="address">The address, printable.</param>
    public static Verdict Of(SocketProbeResult probe, int? wanted, string address)
    {
        if (probe.Liveness == SocketLiveness.Stale)
        {
            return Verdict.Fails(Errno.ECONNREFUSED,
                $"{address} is a stale socket file: the socket that it was made for is closed, as when a server was killed.",
                VerdictParty.Server, "Start the server again. With this library it replaces the file; others may need it removed.");
        }
        if (probe.Liveness == SocketLiveness.Unclear)
            return Unclear(probe, address);
        if (wanted is { } own && probe.Type is { } type && type != own)
        {
            var other = SocketTableEntry.TypeName(type);
            return Verdict.Fails(Errno.EPROTOTYPE,
                $"A {other} socket is at {address}, and only a {other} socket can connect to it.",
                VerdictParty.Caller, $"Use a {other} client, or have a {SocketTableEntry.TypeName(own)} server there.");
        }
        if ((wanted ?? probe.Type) == LibcSocket.SOCK_DGRAM)
            return probe.Type is null ? OtherType(address) : Datagram(probe, address);
        if (probe is { Entry: null, Elsewhere: null, Rehearsal: null })
        {
            return probe.Table is null
                ? Verdict.Unknown(
                    $"A stream or seqpacket socket is at {address}. {SocketTable.Problem(probe.TableErrno).Reason}",
                    SocketTable.Problem(probe.TableErrno).Remedy)
                : Verdict.Unknown(
                    $"A stream or seqpacket socket is at {address}, in a network namespace that cannot be seen from here.",
                    Verdict.AskRoot("Explain it in the container of the server.", "or in the container of the server"));
        }
        if (!probe.IsListening)
            return NotListening(probe, address);
        if (probe.Entry is { IsReceivingEnded: true })
        {
            return Verdict.Fails(Errno.ECONNREFUSED,
                $"The socket at {address} has been shut down: its server accepts no connections any more.",
                VerdictParty.Server, "Restart the server.");
        }
        var waiting = probe.Entry is { Pending: { } pending, Backlog: { } backlog } && pending > backlog
            ? $": {pending} {(pending == 1 ? "connection waits" : "connections wait")} to be accepted, and it was made for {backlog}"
            : probe is { Entry: null, Rehearsal.Errno: Errno.EAGAIN } ? "" : null;
        return waiting is null
            ? Verdict.Works($"A {Adjective(wanted ?? probe.Type)}socket listens at {address}.")
            : Verdict.Fails(Errno.EAGAIN,
                $"The backlog of {address} is full{waiting}. A call that may wait does so until there is room.",
                VerdictParty.Server, "Find out what keeps the server from accepting, or have it listen with a larger backlog.");
    }

    /// <summary>The verdict where it is not known whether a socket is bound to the file.</summary>
    public static Verdict Unclear(SocketProbeResult probe, string address)
    {
        var start = $"A socket file is at {address}, and it is not known whether a socket is bound to it:";
        return probe.ProbeErrno switch
        {
            Errno.None => Verdict.Unknown($"{start} it was not probed.", "Have it probed."),
            Errno.EACCES => Verdict.Unknown($"{start} this process may not write to it.",
                Verdict.AskRoot("Look at the security policy of this process, or at the rules of the file system.")),
            var errno => Verdict.Unknown($"{start} probing it failed with {errno}.", "Look at the sandbox of this process."),
        };
    }

    private static string Adjective(int? type) => type is { } known ? SocketTableEntry.TypeName(known) + " " : "";

    private static Verdict OtherType(string address) => Verdict.Fails(Errno.EPROTOTYPE,
        $"A stream or seqpacket socket is at {address}, and a datagram socket cannot connect to it.",
        VerdictParty.Caller, "Use a stream or seqpacket client.");

    private static Verdict Datagram(SocketProbeResult probe, string address) => probe.IsReserved
        ? Verdict.Fails(Errno.EPERM,
            $"The datagram socket at {address} is connected to one peer, and receives messages from no other.",
            VerdictParty.Server, "Have the server receive with a socket that it does not connect.")
        : Verdict.Works($"A datagram socket receives at {address}.");

    private static Verdict NotListening(SocketProbeResult probe, string address) =>
        probe is { Entry: null, Elsewhere: null }
            ? Verdict.Fails(Errno.ECONNREFUSED,
                $"A socket is bound to {address} and accepts no connections: its server is just starting, hangs before listen(2), or has " +
                "shut it down.",
                VerdictParty.Server, "Try again in a moment, or look at what the server waits for.")
        : probe.Entry is { IsConnected: true }
            ? Verdict.Fails(Errno.ECONNREFUSED,
                $"The socket at {address} is connected to another: it is a client's, with a name of its own, and no server's.",
                VerdictParty.Caller, "Give the path that the server listens at.")
            : Verdict.Fails(Errno.ECONNREFUSED,
                $"A socket is bound to {address} and does not listen: its server is just starting, or hangs before listen(2).",
                VerdictParty.Server,
                "Try again in a moment (UnixConnectOptions.ServerTimeout does so), or look at what the server waits for.");
}
