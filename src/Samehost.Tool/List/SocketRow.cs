using System.Net.Sockets;

namespace Samehost.Tool.List;

/// <summary>A row of the list: a connection with both its ends, a single socket, or a stale file.</summary>
internal sealed record SocketRow(RowState State, UnixEndPoint EndPoint)
{
    public UnixSocketEntry? Client { get; init; }

    public UnixSocketEntry? Server { get; init; }

    /// <summary>The socket that currently listens at the name; null when there is none.</summary>
    public UnixSocketEntry? Listener { get; init; }

    /// <summary>The number of connections of a listener, or of senders to a datagram socket.</summary>
    public int Connected { get; init; }

    /// <summary>The stale file; null for other rows.</summary>
    public StaleSocketFile? File { get; init; }

    /// <summary>What is at the path of a listening or bound socket.</summary>
    public BoundFileState FileState { get; init; }

    public SocketType? SocketType => (Client ?? Server)?.SocketType;

    /// <summary>Whether the peer is in another network namespace.</summary>
    public bool IsPeerInOtherNamespace => State is RowState.Connected or RowState.Waiting && (Server ?? Listener) is null;

    public bool IsNamed => EndPoint.Kind != UnixEndPointKind.Unnamed;
}

/// <summary>The state of a row, in the sort order of rows with one name.</summary>
internal enum RowState
{
    /// <summary>A listening socket.</summary>
    Listening,

    /// <summary>A bound socket that does not listen: it receives datagrams, or is not ready yet.</summary>
    Bound,

    /// <summary>A client that is not accepted yet.</summary>
    Waiting,

    /// <summary>A connection with both ends.</summary>
    Connected,

    /// <summary>A connection whose other end is closed.</summary>
    HungUp,

    /// <summary>A socket without a name and without a peer.</summary>
    Unbound,

    /// <summary>A socket file without a socket.</summary>
    Stale,
}

/// <summary>Creates the rows from the socket table, with each socket in one row (waiting clients of a listener have their own).</summary>
internal static class SocketRowBuilder
{
    public static List<SocketRow> Of(UnixSocketTable table, IReadOnlyList<StaleSocketFile> stale)
    {
        var rows = new List<SocketRow>();
        var counts = new Dictionary<uint, int>(); // by the inode of the listener, or of the datagram receiver
        var shown = new HashSet<uint>();
        foreach (var connection in table.Connections)
        {
            var row = Of(connection);
            rows.Add(row);
            shown.Add(connection.Client.Inode);
            if (connection.Server is { } server && !IsReceiver(connection))
                shown.Add(server.Inode);
            if ((IsReceiver(connection) ? connection.Server : connection.IsWaiting ? null : row.Listener) is { } counted)
                counts[counted.Inode] = counts.GetValueOrDefault(counted.Inode) + 1;
        }
        foreach (var socket in table.Sockets)
        {
            if (!shown.Contains(socket.Inode))
                rows.Add(Of(socket, counts.GetValueOrDefault(socket.Inode)));
        }
        foreach (var file in stale)
            rows.Add(new SocketRow(RowState.Stale, file.EndPoint) { File = file });
        rows.Sort(Compare);
        return rows;
    }

    /// <summary>Returns true for a datagram receiver with possibly many senders: it has a row of its own.</summary>
    private static bool IsReceiver(UnixSocketConnection connection) =>
        connection.Server is { SocketType: SocketType.Dgram } server && server.Peer != connection.Client;

    private static SocketRow Of(UnixSocketConnection connection)
    {
        var end = connection.Client;
        if (connection.IsWaiting)
            return new SocketRow(RowState.Waiting, connection.EndPoint) { Client = end, Listener = connection.Listener };
        if (connection.Server is { } server)
        {
            var name = server.LocalEndPoint.Kind == UnixEndPointKind.Unnamed ? end.LocalEndPoint : server.LocalEndPoint;
            return new SocketRow(RowState.Connected, name) { Client = end, Server = server, Listener = connection.Listener };
        }
        // A waiting client has no peer yet, as one whose peer has closed; but closing shuts down both directions.
        var isOver = end is { PeerInode: null, IsReceivingEnded: true, IsSendingEnded: true };
        var state = end.PeerInode is not null ? RowState.Connected : isOver ? RowState.HungUp : RowState.Waiting;
        return end.LocalEndPoint.Kind == UnixEndPointKind.Unnamed || state != RowState.HungUp
            ? new SocketRow(state, end.LocalEndPoint) { Client = end }
            : new SocketRow(state, end.LocalEndPoint) { Server = end, Listener = end.Listener };
    }

    private static SocketRow Of(UnixSocketEntry socket, int connected) => socket switch
    {
        { State: UnixSocketState.Listening } => new SocketRow(RowState.Listening, socket.LocalEndPoint)
        {
            Server = socket,
            Connected = connected,
        },
        { LocalEndPoint.Kind: UnixEndPointKind.Unnamed } => new SocketRow(RowState.Unbound, socket.LocalEndPoint) { Client = socket },
        _ => new SocketRow(RowState.Bound, socket.LocalEndPoint) { Server = socket, Connected = connected },
    };

    /// <summary>Orders rows by name, unnamed sockets after named ones and stale files last; of one name the listener first.</summary>
    private static int Compare(SocketRow a, SocketRow b)
    {
        var order = (a.State == RowState.Stale).CompareTo(b.State == RowState.Stale);
        if (order == 0)
            order = b.IsNamed.CompareTo(a.IsNamed);
        if (order == 0)
            order = a.EndPoint.NameBytes.Span.SequenceCompareTo(b.EndPoint.NameBytes.Span);
        if (order == 0)
            order = a.EndPoint.Kind.CompareTo(b.EndPoint.Kind);
        if (order == 0)
            order = a.State.CompareTo(b.State);
        return order != 0 ? order : Number(a).CompareTo(Number(b));
    }

    private static uint Number(SocketRow row) => (row.Client ?? row.Server)?.Inode ?? 0;
}
