using System.Net.Sockets;
using Samehost.Interop;

namespace Samehost.Diagnostics.Sockets;

/// <summary>Turns the numbers that sockets name each other by into references.</summary>
internal static class SocketLinks
{
    public static void SetWaiting(List<SockDiagEntry> listeners, Dictionary<uint, UnixSocketEntry> byInode)
    {
        foreach (SockDiagEntry raw in listeners)
        {
            if (!byInode.TryGetValue(raw.SocketInode, out UnixSocketEntry? listener))
                continue;
            foreach (uint waiting in raw.Waiting)
            {
                if (byInode.TryGetValue(waiting, out UnixSocketEntry? client) && client.PeerInode is null && !client.IsWaiting)
                    listener.AddWaiting(client);
            }
        }
    }

    public static void Set(List<UnixSocketEntry> sockets, Dictionary<uint, UnixSocketEntry> byInode)
    {
        var byFile = new Dictionary<UnixSocketFileId, UnixSocketEntry>();
        var byName = new Dictionary<UnixEndPoint, UnixSocketEntry>();
        foreach (UnixSocketEntry socket in sockets)
        {
            if (socket.PeerInode is { } peer)
                socket.Peer = byInode.GetValueOrDefault(peer);
            if (socket.State != UnixSocketState.Listening)
                continue;
            // A path can have been bound again since; an abstract name has one owner at a time.
            if (socket.File is { } file)
                byFile[file] = socket;
            else if (socket.LocalEndPoint.Kind == UnixEndPointKind.Abstract)
                byName[socket.LocalEndPoint] = socket;
        }

        foreach (UnixSocketEntry socket in sockets)
        {
            if (socket.State != UnixSocketState.Connected || socket.SocketType == SocketType.Dgram || socket.IsWaiting)
                continue;
            UnixSocketEntry? listener = socket.File is { } file ? byFile.GetValueOrDefault(file)
                : socket.LocalEndPoint.Kind == UnixEndPointKind.Abstract ? byName.GetValueOrDefault(socket.LocalEndPoint) : null;
            if (listener?.SocketType == socket.SocketType)
                socket.Listener = listener;
        }
    }
}
