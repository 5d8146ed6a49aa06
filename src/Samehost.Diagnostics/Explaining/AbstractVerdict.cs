using System.Net.Sockets;
using Samehost.Diagnostics.Sockets;
using Samehost.SocketFiles;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What connecting to an abstract name, or binding it, would come to: a name without file and permissions.</summary>
internal static class AbstractVerdict
{
    private const string Namespaces = "Abstract names belong to a network namespace, and each container has one of its own.";

    public static UnixVerdict Connect(ExplainedAddress address, SocketType kind, SocketProbeResult look)
    {
        if (look.Life == SocketLiveness.Live)
            return SocketVerdict.Of(look, kind, $"{address}");
        if (look.Life == SocketLiveness.Unclear)
            return NoTable();
        if (look.OtherKind is { } other)
        {
            return UnixVerdict.Fails(Errno.ECONNREFUSED,
                $"No {SocketWords.Of(kind)} socket has the name {address}; a {SocketWords.Of(other.SocketType)} socket has. " +
                "Abstract names of different kinds have nothing to do with each other.",
                ResponsibleParty.Caller, $"Use a {SocketWords.Of(other.SocketType)} client.");
        }
        if (look.Elsewhere is { } elsewhere)
        {
            return UnixVerdict.Fails(Errno.ECONNREFUSED,
                $"Nobody has the name {address} in this network namespace, but somebody has in another. {Namespaces}",
                ResponsibleParty.Caller,
                $"Connect from there (as root: nsenter -n -t {elsewhere.ProcessId}), or have the server use a path.");
        }
        return UnixVerdict.Fails(Errno.ECONNREFUSED,
            $"Nobody has the name {address} in this network namespace. {Namespaces}",
            ResponsibleParty.Server, "Start the server, in the same network namespace, or give the name that it listens at.");
    }

    public static UnixVerdict Bind(ExplainedAddress address, SocketType kind, SocketProbeResult look) => look.Life switch
    {
        SocketLiveness.Live => UnixVerdict.Fails(Errno.EADDRINUSE,
            $"A {SocketWords.Of(kind)} socket has the name {address} already.",
            ResponsibleParty.Caller, "Choose another name, or stop the program that has it; the name is free when it closes its socket."),
        SocketLiveness.Unclear => NoTable(),
        _ => UnixVerdict.Works($"The name {address} is free in this network namespace."),
    };

    /// <summary>What may have been meant.</summary>
    public static IEnumerable<string> Notes(ExplainedAddress address, SocketProbeResult look)
    {
        if (look.Life != SocketLiveness.Stale || look.Table is null)
            yield break;
        UnixEndPoint[] names = [.. look.Table.Sockets.Where(s => s.LocalEndPoint.Kind == UnixEndPointKind.Abstract
            && s.State == UnixSocketState.Listening).Select(s => s.LocalEndPoint).Distinct()];
        ReadOnlyMemory<byte> bare = address.Name.AsMemory().TrimEnd((byte)0);
        foreach (UnixEndPoint name in names)
        {
            if (!name.NameBytes.Span.SequenceEqual(address.Name) && name.NameBytes.TrimEnd((byte)0).Span.SequenceEqual(bare.Span))
            {
                yield return $"There is {name}: the same name with other NUL bytes at its end, which count. " +
                    "Its program passes a longer address to bind(2) than its name takes.";
            }
        }
        foreach (string note in PrintedNames.Notes(address, look.Table))
            yield return note;
        foreach (string similar in SimilarNames.Among(names.Select(n => n.ToString()[1..]), address.ToString()[1..]))
            yield return $"There is a similar name: @{similar}.";
    }

    private static UnixVerdict NoTable() => UnixVerdict.Unknown(
        "The kernel does not show its table of local sockets (sock_diag), and abstract names are nowhere else.",
        "Try it, or load the module unix_diag.");
}
