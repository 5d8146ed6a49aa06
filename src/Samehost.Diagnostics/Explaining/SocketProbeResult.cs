using System.Net.Sockets;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What is known about the socket that an address leads to, from the kernel's table, the other namespaces and a probe.</summary>
internal sealed class SocketProbeResult
{
    private SocketProbeResult(UnixSocketTable? table) => Table = table;

    /// <summary>All sockets of this network namespace; null where the kernel does not show them.</summary>
    public UnixSocketTable? Table { get; }

    public SocketLiveness Life { get; private set; }

    /// <summary>Its kind; null when there is none or it is one of two.</summary>
    public SocketType? Kind { get; private set; }

    /// <summary>The socket itself, where it is of this network namespace, or of one that we may look into.</summary>
    public UnixSocketEntry? Entry { get; private set; }

    /// <summary>A socket of another kind that has the same abstract name.</summary>
    public UnixSocketEntry? OtherKind { get; private set; }

    /// <summary>The socket, or one of that name, in another network namespace.</summary>
    public NamespaceSocket? Elsewhere { get; private set; }

    /// <summary>Whether it is a datagram socket that takes messages from one peer only.</summary>
    public bool IsReserved { get; private set; }

    public bool IsListening => Entry is { } entry ? entry.State == UnixSocketState.Listening : Elsewhere?.IsListening ?? false;

    /// <summary>Looks at what is bound to a socket file.</summary>
    public static SocketProbeResult AtFile(WalkPoint file, ReadOnlySpan<byte> address, bool probe)
    {
        var look = new SocketProbeResult(ReadTable());
        FileId id = file.Status.Id;
        UnixSocketEntry[] bound = look.Table is null ? [] : [.. look.Table.Sockets.Where(s => IsAt(s, id))];
        look.Entry = Array.Find(bound, IsBinder);
        if (look.Entry is null)
        {
            // On file systems of layers the kernel's table has other numbers than stat(2) shows.
            byte[] location = file.Location;
            look.Entry = look.Table?.Sockets.FirstOrDefault(s => IsBinder(s) && IsNamed(s, location) && IsLayered(s, id));
        }
        look.Life = probe ? SocketProbe.Ask(file.File, address, out int answer) : Unasked(out answer);
        if (look.Life == SocketLiveness.Stale)
        {
            look.Entry = null;
            return look;
        }
        if (look.Entry is null && look.Life == SocketLiveness.Live)
            look.Entry = Array.Find(bound, s => s.Listener is null || s.IsWaiting); // a client's, which has a name of its own
        if (look.Entry is null)
        {
            look.Elsewhere = NetworkNamespaces.Find(s => IsAt(s, id) && IsBinder(s), UnixEndPointKind.Pathname, file.Location, null);
            look.Entry = look.Elsewhere?.Entry;
        }
        if (look.Life == SocketLiveness.Unclear)
            look.Life = look.Entry is null && look.Elsewhere is null ? SocketLiveness.Stale : SocketLiveness.Live;
        look.Kind = look.Entry?.SocketType ?? (answer is 0 or -(int)Errno.EPERM ? SocketType.Dgram : look.Elsewhere?.SocketType);
        look.IsReserved = answer == -(int)Errno.EPERM || look.Entry is { SocketType: SocketType.Dgram, PeerInode: not null };
        return look;
    }

    /// <summary>Looks at who has an abstract name; names of different kinds of socket have nothing to do with each other.</summary>
    public static SocketProbeResult AtName(byte[] name, SocketType kind)
    {
        var look = new SocketProbeResult(ReadTable());
        look.Entry = look.Table?.Sockets.FirstOrDefault(s => s.SocketType == kind && IsOfName(s, name));
        look.OtherKind = look.Table?.Sockets.FirstOrDefault(s => s.SocketType != kind && IsOfName(s, name));
        if (look.Entry is null)
            look.Elsewhere = NetworkNamespaces.Find(s => s.SocketType == kind && IsOfName(s, name), UnixEndPointKind.Abstract, name, kind);
        look.Life = look.Entry is not null ? SocketLiveness.Live : look.Table is null ? SocketLiveness.Unclear : SocketLiveness.Stale;
        look.Kind = look.Entry?.SocketType;
        look.IsReserved = look.Entry is { SocketType: SocketType.Dgram, PeerInode: not null };
        return look;
    }

    /// <summary>A socket that was bound to this path but cannot be reached by it: its file was removed or replaced.</summary>
    public static UnixSocketEntry? LostAt(ReadOnlySpan<byte> location, UnixSocketTable? table)
    {
        byte[] path = location.ToArray();
        return table?.Sockets.FirstOrDefault(s => IsNamed(s, path) && s.State == UnixSocketState.Listening);
    }

    public static UnixSocketTable? ReadTable()
    {
        try
        {
            return UnixSocketTable.Read();
        }
        catch (UnixSocketException)
        {
            return null;
        }
    }

    private static SocketLiveness Unasked(out int answer)
    {
        answer = -(int)Errno.EACCES;
        return SocketLiveness.Unclear;
    }

    private static bool IsAt(UnixSocketEntry socket, FileId file) => socket.File is { } id
        && id.Inode == (uint)file.Inode && id.DeviceMajor == file.DeviceMajor && id.DeviceMinor == file.DeviceMinor;

    private static bool IsLayered(UnixSocketEntry socket, FileId file) => socket.File is { } id
        && (id.DeviceMajor, id.DeviceMinor) != (file.DeviceMajor, file.DeviceMinor);

    private static bool IsNamed(UnixSocketEntry socket, byte[] path) =>
        socket.LocalEndPoint.Kind == UnixEndPointKind.Pathname && socket.LocalEndPoint.NameBytes.Span.SequenceEqual(path);

    private static bool IsOfName(UnixSocketEntry socket, byte[] name) => IsBinder(socket)
        && socket.LocalEndPoint.Kind == UnixEndPointKind.Abstract && socket.LocalEndPoint.NameBytes.Span.SequenceEqual(name);

    // An accepted connection bears the name and the file of its listener.
    private static bool IsBinder(UnixSocketEntry socket) =>
        socket.State != UnixSocketState.Connected || socket.SocketType == SocketType.Dgram;
}
