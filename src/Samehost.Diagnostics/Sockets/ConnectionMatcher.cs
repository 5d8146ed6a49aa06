using System.Net.Sockets;
namespace Samehost.Diagnostics.Sockets;

/// <summary>Makes of the ends of connections the connections, each once.</summary>
internal static class ConnectionMatcher
{
    public static List<UnixSocketConnection> Of(IReadOnlyList<UnixSocketEntry> sockets)
    {
        var connections = new List<UnixSocketConnection>(sockets.Count / 2);
        foreach (UnixSocketEntry socket in sockets)
        {
            if (Join(socket) is { } connection)
                connections.Add(connection);
        }
        return connections;
    }

    /// <summary>The connection that this socket stands for; null when it has none, or when that one is the peer's to tell.</summary>
    private static UnixSocketConnection? Join(UnixSocketEntry socket)
    {
        if (socket.State == UnixSocketState.Listening)
            return null;
        if (socket.IsWaiting)
            return new UnixSocketConnection(socket, null, socket.Listener);
        if (socket.Peer is not { } peer)
        {
            // An end that is left over; the server's name would be lost if it stood in the client's place.
            // A receiver of datagrams is "connected", to the kernel, as soon as somebody has connected to it.
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
        int difference = Rank(socket) - Rank(peer);
        return difference != 0 ? difference > 0 : socket.Inode > peer.Inode;
    }

    private static int Rank(UnixSocketEntry socket) =>
        socket.SocketType == SocketType.Dgram ? 0
        : socket.Listener is not null ? 2
        : socket.LocalEndPoint.Kind != UnixEndPointKind.Unnamed ? 1 : 0;
}
