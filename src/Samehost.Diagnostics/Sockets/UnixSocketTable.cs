using System.Net.Sockets;
using Samehost.Inspection;

namespace Samehost.Diagnostics;

/// <summary>
/// All local sockets of this machine (of our network namespace), the processes that have them open, and their connections: from the
/// kernel's own table (sock_diag(7)) and <c>/proc</c>, both in binary, so that names with line breaks cannot forge rows.
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

    internal UnixSocketTable(SocketTable table)
    {
        Sockets = [.. table.Sockets.Select(entry => new UnixSocketEntry(this, entry))];
        _byInode = Sockets.ToDictionary(socket => socket.Inode);
        UnreadableProcesses = table.UnreadableProcesses;
    }

    /// <summary>All sockets, in the order of their numbers.</summary>
    public IReadOnlyList<UnixSocketEntry> Sockets { get; }

    /// <summary>All connections, each once, in the order of their clients' numbers.</summary>
    public IReadOnlyList<UnixSocketConnection> Connections => field ??= Match(Sockets);

    /// <summary>
    /// The number of processes whose descriptors this process may not see: their sockets show without processes. Zero for root, and
    /// where such processes are hidden altogether (<c>hidepid</c> in proc(5)).
    /// </summary>
    public int UnreadableProcesses { get; }

    /// <summary>Reads the table.</summary>
    /// <param name="withProcesses">False leaves out the processes, which take most of the time.</param>
    /// <exception cref="UnixSocketException">Operation "sock_diag": the kernel has no such table or does not show it. ENOENT means that
    /// it was built without CONFIG_UNIX_DIAG, or that its module is not there; EAFNOSUPPORT that this process may not use
    /// AF_NETLINK.</exception>
    public static UnixSocketTable Read(bool withProcesses = true)
    {
        var result = SocketTable.Read(withProcesses, out var table, out var hasNoProc);
        return table is not null
            ? new UnixSocketTable(table)
            : throw new UnixSocketException((Errno)(-result), hasNoProc ? "read /proc" : "sock_diag", hint: hasNoProc
                ? "The processes cannot be seen: is /proc mounted?" : Describe(SocketTable.Problem((Errno)(-result))));
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

    private static string Describe((string Reason, string Remedy) problem) => $"{problem.Reason} {problem.Remedy}";

    /// <summary>The sockets that are bound to the file at a path, whatever name they were bound to, without the connections that were
    /// accepted there.</summary>
    /// <remarks>A server can have bound a relative path, or one of another mount namespace, and a file can have several paths. Symbolic
    /// links are followed. There is none of another network namespace.</remarks>
    /// <param name="path">A path; a relative one starts at the working directory.</param>
    public IEnumerable<UnixSocketEntry> BoundToFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return UnixSocketFileId.Find(path) is { } file
            ? Sockets.Where(s => s.File == file && (s.State != UnixSocketState.Connected || s.SocketType == SocketType.Dgram)) : [];
    }

    internal UnixSocketEntry? Find(SocketTableEntry? entry) => entry is null ? null : Find(entry.Inode);

    /// <summary>Finds the connections of a table of sockets, each once.</summary>
    private static List<UnixSocketConnection> Match(IReadOnlyList<UnixSocketEntry> sockets)
    {
        var connections = new List<UnixSocketConnection>(sockets.Count / 2);
        foreach (var socket in sockets)
        {
            if (Join(socket) is { } connection)
                connections.Add(connection);
        }
        return connections;
    }

    /// <summary>The connection that this socket stands for; null when it has none, or when the peer's entry stands for it.</summary>
    private static UnixSocketConnection? Join(UnixSocketEntry socket)
    {
        if (socket.State == UnixSocketState.Listening)
            return null;
        if (socket.IsWaiting)
            return new UnixSocketConnection(socket, null, socket.Listener);
        if (socket.Peer is not { } peer)
        {
            // An end that is left over; the server's name would be lost if it stood in the client's place.
            // A receiver of datagrams is "connected", to the kernel, as soon as a client has connected to it.
            if (socket.PeerInode is null && (socket.State != UnixSocketState.Connected || socket.SocketType == SocketType.Dgram))
                return null;
            return new UnixSocketConnection(socket, null, null);
        }
        if (peer.Peer != socket)
            return new UnixSocketConnection(socket, peer, null); // one of many that send to it
        if (peer == socket)
            return new UnixSocketConnection(socket, socket, null); // a datagram socket can be connected to itself
        return IsServer(socket, peer) ? null : new UnixSocketConnection(socket, peer, peer.Listener);
    }

    private static bool IsServer(UnixSocketEntry socket, UnixSocketEntry peer)
    {
        var difference = Rank(socket) - Rank(peer);
        return difference != 0 ? difference > 0 : socket.Inode > peer.Inode;
    }

    private static int Rank(UnixSocketEntry socket) =>
        socket.SocketType == SocketType.Dgram ? 0
        : socket.Listener is not null ? 2
        : socket.LocalEndPoint.Kind != UnixEndPointKind.Unnamed ? 1 : 0;
}

/// <summary>Two local sockets that are connected, or a client that waits to be accepted.</summary>
public sealed class UnixSocketConnection
{
    internal UnixSocketConnection(UnixSocketEntry client, UnixSocketEntry? server, UnixSocketEntry? listener)
    {
        Client = client;
        Server = server;
        Listener = listener;
    }

    /// <summary>
    /// The end that connected. Of two ends without a name (socketpair(2)), and of two datagram sockets connected to each other, the one
    /// with the lower number.
    /// </summary>
    public UnixSocketEntry Client { get; }

    /// <summary>The other end; null when it is closed, in another network namespace, or not accepted yet.</summary>
    public UnixSocketEntry? Server { get; }

    /// <summary>The socket that listens at the server's name now; null for datagrams, for pairs, and when it is closed.</summary>
    public UnixSocketEntry? Listener { get; }

    /// <summary>True while the connection waits to be accepted.</summary>
    public bool IsWaiting => Client.IsWaiting;

    /// <summary>The name that the client connected to; unnamed for pairs, and where the server's end is not seen.</summary>
    public UnixEndPoint EndPoint => (Server ?? Listener)?.LocalEndPoint ?? UnixEndPoint.Unnamed;
}
