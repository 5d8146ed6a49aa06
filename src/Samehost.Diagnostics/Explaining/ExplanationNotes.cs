using System.Text;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>The notes besides a verdict: what may have been meant, where the socket is, and whether its program can answer.</summary>
internal static class ExplanationNotes
{
    private const int MostNamed = 3;

    /// <summary>Notes on the socket at the address.</summary>
    public static IEnumerable<string> OnSocket(SocketProbeResult probe)
    {
        if (probe.Elsewhere is { } other)
        {
            yield return probe.Entry is not null
                ? $"It is in another network namespace, as process {other.ProcessId} ({other.Command}) is: nsenter -n -t {other.ProcessId}."
                : $"Process {other.ProcessId} ({other.Command}) is in another network namespace, in which a " +
                    $"{SocketTableEntry.TypeName(other.Type)} socket {(other.IsListening ? "listens at" : "is bound to")} that name.";
        }
        if (probe is { Entry: null, Liveness: SocketLiveness.Live, Elsewhere.IsListening: true })
            yield return "How full its backlog is can be seen from there, and as root.";
        if (probe is { Entry: null, Elsewhere: null, Liveness: SocketLiveness.Live })
        {
            yield return probe.Table is null
                ? "Which process has it is not known. " + SocketTable.Problem(probe.TableErrno).Reason
                : "It is not in the socket table of this network namespace: its server has just started, or is in another one, " +
                    (LibcIdentity.EffectiveUser() == 0 ? "which cannot be looked into from here." : "which it takes root to look into.");
        }
        if (probe.Entry is not { } entry)
            yield break;
        if (entry is { IsDatagram: true, Row.ReceiveQueue: > 0 })
            yield return "Datagrams wait there to be read; when its queue is full, sending waits or fails with EAGAIN.";
        if (entry.Processes is [{ } first, ..] && entry.Processes.TrueForAll(p => p.IsStopped))
        {
            yield return $"Process {first.ProcessId} ({PrintableText.Of(first.Command)}) is stopped, by a signal or a debugger, and " +
                $"answers no client until it continues: kill -CONT {first.ProcessId}.";
        }
    }

    /// <summary>A note for a connection that would be made: what becomes of it then is the server's decision.</summary>
    public static IEnumerable<string> OnPolicy(SocketProbeResult? probe, Verdict verdict, FileCredentials user)
    {
        if (verdict.Outcome != VerdictOutcome.Works || probe is null || probe.Type == LibcSocket.SOCK_DGRAM)
            yield break;
        // A server that does not serve its own user is not worth a note at each explanation.
        if (probe.Entry?.Processes is [{ } first, ..] && first.UserId == user.User)
            yield break;
        yield return "The server may have a policy of its own, which cannot be seen from here, and close the connection of " +
            $"{user} before it reads a byte. Servers of this library allow their own user and root unless they are given another policy.";
    }

    /// <summary>A note where the user gets past a file by a group that not all of the user's processes have: those that were started before
    /// the user became a member.</summary>
    public static IEnumerable<string> OnOlderProcesses(PathWalk walk, FileCredentials user)
    {
        uint[] needed = [.. walk.Steps.Where(IsByGroupOnly).Select(step => step.Status!.Value.Group).Distinct()];
        if (needed.Length == 0 || FileCredentials.OfThisThread(out var own, out _) < 0 || user.IsSameAs(own))
            yield break; // for the calling process it is not a question of others
        (int Process, uint Group)? older = null;
        _ = new ProcessScan().ForEach(processId =>
        {
            if (FileCredentials.OfProcess(processId, out var process) < 0 || process!.User != user.User)
                return true;
            if (needed.Where(group => !process.IsInGroup(group)).ToArray() is [var missing, ..])
                older = (processId, missing);
            return older is null;
        });
        if (older is { } found)
        {
            yield return $"Process {found.Process} ({ProcessScan.NameOf(found.Process)}) of {user} is not in " +
                $"{PrintableText.Group(found.Group)}, which is needed: processes keep the groups with which they were started. It takes " +
                "a new login, or newgrp, or the restart of a service.";
        }

        static bool IsByGroupOnly(PathStep step)
        {
            if (step.Status is not { } status || step.Rule?.StartsWith("group ", StringComparison.Ordinal) != true)
                return false;
            var wanted = step.Asked == "search" ? 1u : status.Type == FileStatus.S_IFDIR ? 3u : 2u;
            return step.Errno == Errno.None && (status.Permissions & wanted) != wanted; // others may not
        }
    }

    /// <summary>Notes on a path: what it depends on beyond the verdict.</summary>
    public static IEnumerable<string> OnPath(ExplainedAddress address, PathWalk walk)
    {
        if (address.IsRelative)
        {
            yield return "A relative path counts from the working directory of the process that makes the call; here that is " +
                $"{PrintableText.Of(Environment.CurrentDirectory)}.";
        }
        if (walk.IsOfOwnProcess && walk.Problem != WalkProblem.OtherProcess)
            yield return "The path leads through /proc/self, which is the process that makes the call; here it is this one.";
        if (address.Name.Length > ExplainedAddress.MaxNameLength + 1)
        {
            yield return $"The path has {address.Name.Length} bytes, and the address of a socket has room for " +
                $"{ExplainedAddress.MaxNameLength}. This library connects through a descriptor of the file; other programs fail with " +
                "EINVAL, or cut it off and fail with ENOENT.";
        }
        if (address.Name.Length == ExplainedAddress.MaxNameLength + 1)
        {
            yield return $"The path has {address.Name.Length} bytes and fits into the address of a socket without the NUL at its end: " +
                "this library and programs that leave it out can connect; others fail with EINVAL, or cut it off and fail with ENOENT.";
        }
    }

    /// <summary>Notes on a connect to a path at which no socket is found or listens.</summary>
    public static IEnumerable<string> OnConnect(ExplainedAddress address, PathWalk walk, Verdict verdict)
    {
        if (verdict.Outcome != VerdictOutcome.Fails || verdict.Errno is not (Errno.ENOENT or Errno.ECONNREFUSED))
            yield break;
        var isMissing = walk.Problem == WalkProblem.Missing;
        var wanted = isMissing ? Join(walk.Directory.Location, walk.Name) : walk.Found?.Location ?? [];
        if (isMissing && walk.Name.Length > 0)
        {
            foreach (var similar in SimilarNames.In(walk.Directory, walk.Name))
            {
                var path = Join(walk.Directory.Location, Encoding.UTF8.GetBytes(similar));
                yield return $"There is a similar name: {PrintableText.Of(path)}.";
            }
        }
        var table = SocketTable.TryRead(withProcesses: true);
        // Its name is still the path, and its file is another one or none.
        if (table?.Sockets.Find(s => s.HasPath(wanted) && s.IsListening) is { } lost)
        {
            yield return $"{Process(lost)} listens at a socket that was bound to {PrintableText.Of(wanted)}, but its file has been " +
                "removed, replaced or mounted over: no client can reach it by a path any more. Restart it.";
        }
        foreach (var note in OnPrintedName(address, table).Concat(Namesakes(wanted, table)))
            yield return note;
    }

    /// <summary>Notes on a connect to an abstract name that no socket has.</summary>
    public static IEnumerable<string> OnAbstractName(ExplainedAddress address, SocketProbeResult probe)
    {
        if (probe.Liveness != SocketLiveness.Stale || probe.Table is null)
            yield break;
        SocketTableEntry[] named = [.. probe.Table.Sockets.Where(s => s.IsAbstract && s.IsListening).DistinctBy(s => s.NameText)];
        var bare = address.Name.AsSpan().TrimEnd((byte)0).ToArray();
        foreach (var socket in named)
        {
            if (!socket.HasAbstractName(address.Name) && socket.Name.TrimEnd((byte)0).SequenceEqual(bare))
            {
                yield return $"There is {socket.NameText}: the same name with other NUL bytes at its end, which count. " +
                    "Its program passes a longer address to bind(2) than its name takes.";
            }
        }
        foreach (var note in OnPrintedName(address, probe.Table))
            yield return note;
        foreach (var similar in SimilarNames.Among(named.Select(s => s.NameText[1..]), address.ToString()[1..]))
            yield return $"There is a similar name: @{similar}.";
    }

    /// <summary>A note for an address that was copied from where names are printed, escaped: typed in, it is another name.</summary>
    private static IEnumerable<string> OnPrintedName(ExplainedAddress address, SocketTable? table)
    {
        var text = $"{address}";
        if (!text.Contains('\\', StringComparison.Ordinal))
            yield break;
        var meant = table?.Sockets.Find(s => s.IsAbstract == address.IsAbstract
            && s.NameText == text && !s.Name.SequenceEqual(address.Name));
        if (meant is null)
            yield break;
        yield return meant.Name.Contains((byte)0)
            ? "There is a name that is printed like this one and has NUL bytes in it, which cannot be typed: a program has to give them."
            : "There is a name that is printed like this one. Addresses are taken literally: for the bytes that \\xNN stands for, " +
                "a shell has $'…'.";
    }

    private static IEnumerable<string> Namesakes(byte[] wanted, SocketTable? table)
    {
        string path = PrintableText.Of(wanted), name = Path.GetFileName(path);
        return (table?.Sockets ?? [])
            .Where(s => s.IsListening && s.IsPathname)
            .Select(s => s.NameText)
            .Where(other => other != path && Path.GetFileName(other) == name)
            .Distinct().Take(MostNamed).Select(other => $"A socket of that file name listens at {other}.");
    }

    private static string Process(SocketTableEntry socket) => socket.Processes is [{ } first, ..]
        ? $"Process {first.ProcessId} ({PrintableText.Of(first.Command)})" : "A process that cannot be seen from here";

    private static byte[] Join(byte[] directory, byte[] name) =>
        directory is [(byte)'/'] ? [.. directory, .. name] : [.. directory, (byte)'/', .. name];
}

/// <summary>Finds the names that are most like one that does not exist.</summary>
internal static class SimilarNames
{
    private const int MostLookedAt = 10_000;
    private const int MostShown = 3;

    /// <summary>The names most like the wanted one, best first.</summary>
    public static List<string> Among(IEnumerable<string> names, string wanted) =>
        [.. names.Take(MostLookedAt).Select(name => (Name: name, Distance: Distance(name, wanted)))
            .Where(n => n.Name != wanted && n.Distance is not null)
            .OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal)
            .Take(MostShown).Select(n => n.Name)];

    /// <summary>The entries of a directory that are like the wanted name; none when it may not be read.</summary>
    public static List<string> In(WalkPoint directory, byte[] wanted)
    {
        try
        {
            var entries = Directory.EnumerateFileSystemEntries($"/proc/self/fd/{directory.File.Number}/");
            return Among(entries.Select(path => Path.GetFileName(path)), Encoding.UTF8.GetString(wanted));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>How far apart, or null when too far: letters changed, added, left out or exchanged, whatever their case.</summary>
    private static int? Distance(string one, string other)
    {
        string a = one.ToLowerInvariant(), b = other.ToLowerInvariant();
        if (Stem(a) == Stem(b) && Stem(a).Length > 0)
            return 1; // app.sock and app.socket
        var most = Math.Clamp(Math.Min(a.Length, b.Length) / 3, 1, 3);
        if (Math.Abs(a.Length - b.Length) > most)
            return null;
        var distance = EditDistance.Of(a, b);
        return distance <= most ? distance : null;
    }

    private static string Stem(string name) => name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : name;
}
