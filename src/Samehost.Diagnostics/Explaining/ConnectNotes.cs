using System.Text;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What may have been meant, when nothing is at a path or nobody listens there.</summary>
internal static class ConnectNotes
{
    private const int MostNamed = 3;

    public static IEnumerable<string> For(PathWalk walk, UnixVerdict verdict, ExplainedAddress address)
    {
        foreach (string note in AddressVerdict.Notes(address, walk))
            yield return note;
        if (verdict.Outcome != UnixOutcome.Fails || verdict.Errno is not (Errno.ENOENT or Errno.ECONNREFUSED))
            yield break;
        bool isMissing = walk.Problem == WalkProblem.Missing;
        byte[] wanted = isMissing ? Join(walk.Directory.Location, walk.Name) : walk.Found?.Location ?? [];
        if (isMissing && walk.Name.Length > 0)
        {
            foreach (string similar in SimilarNames.In(walk.Directory, walk.Name))
            {
                byte[] path = Join(walk.Directory.Location, Encoding.UTF8.GetBytes(similar));
                yield return $"There is a similar name: {SafeText.Of(path)}.";
            }
        }
        UnixSocketTable? table = SocketProbeResult.ReadTable();
        if (SocketProbeResult.LostAt(wanted, table) is { } lost)
        {
            yield return $"{Processes(lost)} listens at a socket that was bound to {SafeText.Of(wanted)}, but its file has been removed, " +
                "replaced or mounted over: nobody can reach it by a path any more. Restart it.";
        }
        foreach (string note in PrintedNames.Notes(address, table).Concat(Namesakes(wanted, table)))
            yield return note;
    }

    private static IEnumerable<string> Namesakes(byte[] wanted, UnixSocketTable? table)
    {
        string name = Path.GetFileName(SafeText.Of(wanted));
        string path = SafeText.Of(wanted);
        return (table?.Sockets ?? [])
            .Where(s => s.State == UnixSocketState.Listening && s.LocalEndPoint.Kind == UnixEndPointKind.Pathname)
            .Select(s => s.LocalEndPoint.ToString())
            .Where(other => other != path && Path.GetFileName(other) == name)
            .Distinct().Take(MostNamed).Select(other => $"A socket of that file name listens at {other}.");
    }

    private static string Processes(UnixSocketEntry socket) => socket.Processes is [{ } first, ..]
        ? $"Process {first.ProcessId} ({first.Command})" : "A process that cannot be seen from here";

    private static byte[] Join(byte[] directory, byte[] name) =>
        directory is [(byte)'/'] ? [.. directory, .. name] : [.. directory, (byte)'/', .. name];
}
