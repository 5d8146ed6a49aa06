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
    private SocketProbeResult(ProbeScope scope)
    {
        var result = SocketTable.Read(scope.HasFlag(ProbeScope.Processes), out var table, out var hasNoProc);
        if (hasNoProc)
            result = SocketTable.Read(withProcesses: false, out table, out _);
        (Table, TableErrno) = (table, (Errno)(-result));
    }

    /// <summary>All sockets of this network namespace; null where the kernel does not show them.</summary>
    public SocketTable? Table { get; }

    /// <summary>Why there is no table.</summary>
    public Errno TableErrno { get; }

    public SocketLiveness Liveness { get; private set; }

    /// <summary>Why the liveness is unclear: what the probe came to; none when it was not made.</summary>
    public Errno ProbeErrno { get; private set; }

    /// <summary>What connect(2) of this process with a socket of <see cref="Type"/> would come to, where the socket itself is not
    /// seen.</summary>
    public RehearsalResult? Rehearsal { get; private set; }

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

    public bool IsListening => Entry?.IsListening ?? Rehearsal?.IsListening ?? Elsewhere?.IsListening ?? false;

    /// <summary>Finds the socket that is bound to a socket file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="id">The file as the table has it.</param>
    /// <param name="address">The address of the file, for where there is no /proc.</param>
    /// <param name="scope">How far to look.</param>
    public static SocketProbeResult AtFile(WalkPoint file, FileId id, ReadOnlySpan<byte> address, ProbeScope scope)
    {
        var result = new SocketProbeResult(scope);
        SocketTableEntry[] bound = result.Table is null ? [] : [.. result.Table.Sockets.Where(s => s.IsAt(id))];
        result.Entry = Array.Find(bound, s => s.IsBinder);
        var answer = 0;
        var probes = scope.HasFlag(ProbeScope.Probe);
        result.Liveness = probes ? SocketProbe.Ask(file.File, address, out answer) : SocketLiveness.Unclear;
        if (result.Liveness == SocketLiveness.Stale)
        {
            result.Entry = null;
            return result;
        }
        if (result.Entry is null && result.Liveness == SocketLiveness.Live)
            result.Entry = Array.Find(bound, s => s.Listener is null || s.IsWaiting); // a client's, which has a name of its own
        var looksElsewhere = scope.HasFlag(ProbeScope.OtherNamespaces) && result.Table is not null;
        if (result.Entry is null && looksElsewhere)
        {
            result.Elsewhere = NetworkNamespaces.Find(s => s.IsAt(id) && s.IsBinder, isAbstract: false, file.Location, null);
            result.Entry = result.Elsewhere?.Entry;
        }
        if (result.Liveness == SocketLiveness.Unclear)
        {
            result.ProbeErrno = (Errno)(-answer);
            result.Liveness = result.Entry is not null || result.Elsewhere is not null ? SocketLiveness.Live
                : looksElsewhere && !probes ? SocketLiveness.Stale : SocketLiveness.Unclear;
            result.Type = result.Entry?.Type ?? result.Elsewhere?.Type;
            result.IsReserved = result.Entry is { IsDatagram: true, PeerInode: not null };
            return result;
        }
        var isDatagram = probes && answer is 0 or -(int)Errno.EPERM;
        result.Type = result.Entry?.Type ?? (isDatagram ? LibcSocket.SOCK_DGRAM : null);
        result.IsReserved = answer == -(int)Errno.EPERM || result.Entry is { IsDatagram: true, PeerInode: not null };
        if (probes && result.Type is null)
            result.Rehearse(file.File, address);
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
        if (result.Entry is null && result.Table is not null && scope.HasFlag(ProbeScope.OtherNamespaces))
            result.Elsewhere = NetworkNamespaces.Find(s => IsOfType(s) && IsOfName(s), isAbstract: true, name, type);
        result.Liveness = result.Entry is not null ? SocketLiveness.Live
            : result.Table is null ? SocketLiveness.Unclear : SocketLiveness.Stale;
        result.Type = result.Entry?.Type;
        if (result.Table is null && scope.HasFlag(ProbeScope.Probe))
            result.Rehearse(name, type);
        result.IsReserved = result.Entry is { IsDatagram: true, PeerInode: not null };
        return result;

        bool IsOfType(SocketTableEntry socket) => type is null || socket.Type == type;

        bool IsOfName(SocketTableEntry socket) => socket.IsBinder && socket.HasAbstractName(name);
    }

    /// <summary>Finds out the type of a socket that is in no table which this process sees, and whether it listens.</summary>
    private void Rehearse(Descriptor file, ReadOnlySpan<byte> address)
    {
        foreach (var type in (int[])[LibcSocket.SOCK_STREAM, LibcSocket.SOCK_SEQPACKET])
        {
            if (ConnectRehearsal.Run(type, file, address) is not { IsWithoutSocket: false } result || result.Errno == Errno.EPROTOTYPE)
                continue;
            if (result.IsListening || result.Errno == Errno.ECONNREFUSED)
                (Type, Rehearsal) = (type, result);
            return;
        }
    }

    private void Rehearse(byte[] name, int? wanted)
    {
        int[] types = wanted is { } one ? [one] : [LibcSocket.SOCK_STREAM, LibcSocket.SOCK_SEQPACKET, LibcSocket.SOCK_DGRAM];
        var address = new ExplainedAddress(IsAbstract: true, name).ForCall();
        foreach (var type in types)
        {
            Rehearsal = ConnectRehearsal.Run(type, address);
            if (Rehearsal is { IsListening: true })
            {
                (Type, Liveness) = (type, SocketLiveness.Live);
                return;
            }
        }
    }
}
