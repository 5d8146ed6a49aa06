using System.Net.Sockets;
namespace Samehost.Tool.Listing;

/// <summary>Makes rows of the table of sockets, so that each socket is in one row (a listener's waiting clients have their own).</summary>
internal static class SocketRows
{
    public static List<SocketRow> Of(UnixSocketTable table, IReadOnlyList<StaleSocketFile> stale)
    {
        var rows = new List<SocketRow>();
        var counts = new Dictionary<uint, int>(); // by the number of the listener, or of the receiver of datagrams
        var shown = new HashSet<uint>();
        foreach (UnixSocketConnection connection in table.Connections)
        {
            SocketRow row = Of(connection);
            rows.Add(row);
            shown.Add(connection.Client.Inode);
            if (connection.Server is { } server && !IsReceiver(connection))
                shown.Add(server.Inode);
            if ((IsReceiver(connection) ? connection.Server : connection.IsWaiting ? null : row.Listener) is { } counted)
                counts[counted.Inode] = counts.GetValueOrDefault(counted.Inode) + 1;
        }
        foreach (UnixSocketEntry socket in table.Sockets)
        {
            if (!shown.Contains(socket.Inode))
                rows.Add(Of(socket, counts.GetValueOrDefault(socket.Inode)));
        }
        foreach (StaleSocketFile file in stale)
            rows.Add(new SocketRow(RowState.Stale, file.EndPoint) { File = file });
        rows.Sort(Compare);
        return rows;
    }

    /// <summary>Many may send to one socket that receives datagrams: it has a row of its own.</summary>
    private static bool IsReceiver(UnixSocketConnection connection) =>
        connection.Server is { SocketType: SocketType.Dgram } server && server.Peer != connection.Client;

    private static SocketRow Of(UnixSocketConnection connection)
    {
        UnixSocketEntry end = connection.Client;
        if (connection.IsWaiting)
            return new SocketRow(RowState.Waiting, connection.EndPoint) { Client = end, Listener = connection.Listener };
        if (connection.Server is { } server)
        {
            UnixEndPoint name = server.LocalEndPoint.Kind == UnixEndPointKind.Unnamed ? end.LocalEndPoint : server.LocalEndPoint;
            return new SocketRow(RowState.Connected, name) { Client = end, Server = server, Listener = connection.Listener };
        }
        // A client that waits has no peer yet, just as one whose peer has closed; but closing shuts both directions down.
        bool isOver = end is { PeerInode: null, IsReceivingEnded: true, IsSendingEnded: true };
        RowState state = end.PeerInode is not null ? RowState.Connected : isOver ? RowState.HungUp : RowState.Waiting;
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

    /// <summary>By name, then what has none, and what is left of the dead at the end; of one name the listener first.</summary>
    private static int Compare(SocketRow a, SocketRow b)
    {
        int order = (a.State == RowState.Stale).CompareTo(b.State == RowState.Stale);
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
