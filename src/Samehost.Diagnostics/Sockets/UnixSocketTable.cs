using System.Net.Sockets;
using Samehost.Diagnostics.Sockets;
using Samehost.Interop;

namespace Samehost.Diagnostics;

/// <summary>
/// All local sockets of this machine (of our network namespace), who has them open, and who is connected to whom: from the kernel's own
/// table (sock_diag(7)) and <c>/proc</c>, both in binary, so that names with line breaks cannot forge anything.
/// </summary>
/// <remarks>
/// It is a picture of one moment, and not quite of one: sockets come and go while it is taken. Reading takes a system call for each open
/// descriptor of each process, a millisecond for a thousand or two. Instances do not change.
/// </remarks>
/// <example><code>
/// foreach (UnixSocketConnection connection in UnixSocketTable.Read().Connections)
///     Console.WriteLine($"{connection.Client.Processes.FirstOrDefault()} to {connection.EndPoint}");
/// </code></example>
public sealed class UnixSocketTable
{
    private readonly Dictionary<uint, UnixSocketEntry> _byInode;
    private List<UnixSocketConnection>? _connections;

    private UnixSocketTable(List<UnixSocketEntry> sockets, Dictionary<uint, UnixSocketEntry> byInode)
    {
        Sockets = sockets;
        _byInode = byInode;
    }

    /// <summary>All sockets, in the order of their numbers.</summary>
    public IReadOnlyList<UnixSocketEntry> Sockets { get; }

    /// <summary>All connections, each once, in the order of their clients' numbers.</summary>
    public IReadOnlyList<UnixSocketConnection> Connections => _connections ??= ConnectionMatcher.Of(Sockets);

    /// <summary>
    /// How many processes there were whose descriptors we may not see: what they have open shows without holders. Zero for root, and
    /// where such processes are hidden altogether (<c>hidepid</c> in proc(5)).
    /// </summary>
    public int UnreadableProcesses { get; private init; }

    /// <summary>Reads the table.</summary>
    /// <param name="withProcesses">False leaves out the processes, which take most of the time.</param>
    /// <exception cref="UnixSocketException">Operation "sock_diag": the kernel has no such table or does not show it. ENOENT means that
    /// it was built without CONFIG_UNIX_DIAG, or that its module is not there.</exception>
    public static UnixSocketTable Read(bool withProcesses = true)
    {
        List<SockDiagEntry> raw = Ask(SockDiag.ListWithQueues);
        var byInode = new Dictionary<uint, UnixSocketEntry>(raw.Count);
        var sockets = new List<UnixSocketEntry>(raw.Count);
        foreach (SockDiagEntry entry in raw)
        {
            var socket = new UnixSocketEntry(entry);
            if (byInode.TryAdd(socket.Inode, socket)) // while the table changes a socket can be told twice
                sockets.Add(socket);
        }
        sockets.Sort(static (a, b) => a.Inode.CompareTo(b.Inode));
        if (sockets.Any(s => s.Pending > 0))
            SocketLinks.SetWaiting(Ask(SockDiag.ListWaiting), byInode);
        SocketLinks.Set(sockets, byInode);

        var scan = new ProcessScan(byInode);
        if (withProcesses && scan.Run() is < 0 and var failure)
            throw new UnixSocketException((Errno)(-failure), "read /proc", hint: "The processes cannot be seen: is /proc mounted?");
        return new UnixSocketTable(sockets, byInode) { UnreadableProcesses = scan.Unreadable };
    }

    /// <summary>The socket with this number; null when there is none.</summary>
    public UnixSocketEntry? Find(uint inode) => _byInode.GetValueOrDefault(inode);

    /// <summary>The sockets that were bound to this name, without the connections that were accepted at it.</summary>
    /// <remarks>Names are compared, not files: a path can have been bound several times, and its file can be another one by now.</remarks>
    public IEnumerable<UnixSocketEntry> BoundTo(UnixEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Sockets.Where(s => s.LocalEndPoint == endPoint && s.LocalEndPoint.Kind != UnixEndPointKind.Unnamed
            && (s.State != UnixSocketState.Connected || s.SocketType == SocketType.Dgram));
    }

    private static List<SockDiagEntry> Ask(Func<List<SockDiagEntry>, int> list)
    {
        var entries = new List<SockDiagEntry>(256);
        return list(entries) is < 0 and var error
            ? throw new UnixSocketException((Errno)(-error), "sock_diag",
                hint: "The kernel does not show its table of local sockets: it needs CONFIG_UNIX_DIAG (module unix_diag).")
            : entries;
    }
}
