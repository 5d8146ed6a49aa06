using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>How far to look for the socket that an address leads to.</summary>
[Flags]
internal enum ProbeScope
{
    /// <summary>Only the kernel's table of this network namespace.</summary>
    Table = 0,

    /// <summary>A socket file is probed by <see cref="SocketProbe"/>.</summary>
    Probe = 1,

    /// <summary>The processes that have the socket are looked for.</summary>
    Processes = 2,

    /// <summary>A socket that is not in this network namespace is looked for in the others.</summary>
    OtherNamespaces = 4,

    All = Probe | Processes | OtherNamespaces,
}

/// <summary>What is known about the socket that an address leads to, from the kernel's table, the other namespaces and a probe.</summary>
internal sealed class SocketProbeResult
{
    private SocketProbeResult(ProbeScope scope) => Table = SocketTable.TryRead(scope.HasFlag(ProbeScope.Processes));

    /// <summary>All sockets of this network namespace; null where the kernel does not show them.</summary>
    public SocketTable? Table { get; }

    public SocketLiveness Liveness { get; private set; }

    /// <summary>The type of the socket; null when there is none, or when it is stream or seqpacket and not known which.</summary>
    public int? Type { get; private set; }

    /// <summary>The socket itself, where it is of this network namespace, or of one that this process may enter.</summary>
    public SocketTableEntry? Entry { get; private set; }

    /// <summary>A socket of another type that has the same abstract name.</summary>
    public SocketTableEntry? OtherType { get; private set; }

    /// <summary>The socket, or one of that name, in another network namespace.</summary>
    public NamespaceSocket? Elsewhere { get; private set; }

    /// <summary>The table that <see cref="Entry"/> is of.</summary>
    public SocketTable? TableOfEntry => Elsewhere?.Entry is { } entry && entry == Entry ? Elsewhere.Table : Table;

    /// <summary>Whether it is a datagram socket that receives messages from one peer only.</summary>
    public bool IsReserved { get; private set; }

    public bool IsListening => Entry?.IsListening ?? Elsewhere?.IsListening ?? false;

    /// <summary>Finds the socket that is bound to a socket file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">The address of the file, for where there is no /proc.</param>
    /// <param name="scope">How far to look.</param>
    public static SocketProbeResult AtFile(WalkPoint file, ReadOnlySpan<byte> address, ProbeScope scope)
    {
        var result = new SocketProbeResult(scope);
        var id = file.Status.Id;
        var location = file.Location;
        SocketTableEntry[] bound = result.Table is null ? [] : [.. result.Table.Sockets.Where(s => s.IsAt(id))];
        result.Entry = Array.Find(bound, s => s.IsBinder)
            ?? result.Table?.Sockets.Find(s => s.IsBinder && s.IsAtLayer(id, location));
        var answer = -(int)Errno.EACCES;
        result.Liveness = scope.HasFlag(ProbeScope.Probe) ? SocketProbe.Ask(file.File, address, out answer) : SocketLiveness.Unclear;
        if (result.Liveness == SocketLiveness.Stale)
        {
            result.Entry = null;
            return result;
        }
        if (result.Entry is null && result.Liveness == SocketLiveness.Live)
            result.Entry = Array.Find(bound, s => s.Listener is null || s.IsWaiting); // a client's, which has a name of its own
        var looksElsewhere = scope.HasFlag(ProbeScope.OtherNamespaces);
        if (result.Entry is null && looksElsewhere)
        {
            result.Elsewhere = NetworkNamespaces.Find(s => s.IsAt(id) && s.IsBinder, isAbstract: false, location, null);
            result.Entry = result.Elsewhere?.Entry;
        }
        if (result.Liveness == SocketLiveness.Unclear)
        {
            result.Liveness = result.Entry is not null || result.Elsewhere is not null ? SocketLiveness.Live
                : looksElsewhere ? SocketLiveness.Stale : SocketLiveness.Unclear;
        }
        result.Type = result.Entry?.Type ?? (answer is 0 or -(int)Errno.EPERM ? LibcSocket.SOCK_DGRAM : result.Elsewhere?.Type);
        result.IsReserved = answer == -(int)Errno.EPERM || result.Entry is { IsDatagram: true, PeerInode: not null };
        return result;
    }

    /// <summary>Finds the socket that has an abstract name; names of different types of socket are independent of each other.</summary>
    /// <param name="name">The name without the leading NUL.</param>
    /// <param name="type">The type; null for any.</param>
    /// <param name="scope">How far to look.</param>
    public static SocketProbeResult AtName(byte[] name, int? type, ProbeScope scope)
    {
        var result = new SocketProbeResult(scope);
        result.Entry = result.Table?.Sockets.Find(s => IsOfType(s) && IsOfName(s));
        result.OtherType = result.Table?.Sockets.Find(s => !IsOfType(s) && IsOfName(s));
        if (result.Entry is null && scope.HasFlag(ProbeScope.OtherNamespaces))
            result.Elsewhere = NetworkNamespaces.Find(s => IsOfType(s) && IsOfName(s), isAbstract: true, name, type);
        result.Liveness = result.Entry is not null ? SocketLiveness.Live
            : result.Table is null ? SocketLiveness.Unclear : SocketLiveness.Stale;
        result.Type = result.Entry?.Type;
        result.IsReserved = result.Entry is { IsDatagram: true, PeerInode: not null };
        return result;

        bool IsOfType(SocketTableEntry socket) => type is null || socket.Type == type;

        bool IsOfName(SocketTableEntry socket) => socket.IsBinder && socket.HasAbstractName(name);
    }
}
