using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>One local socket at one moment: its row of the kernel's table, its processes, and the sockets that it belongs to.</summary>
internal sealed class SocketTableEntry(in SockDiagEntry row)
{
    private readonly SockDiagEntry _row = row;

    public ref readonly SockDiagEntry Row => ref _row;

    public uint Inode => _row.SocketInode;

    /// <summary>The type as socket(2) has it: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.</summary>
    public int Type => _row.Type;

    public bool IsDatagram => _row.Type == LibcSocket.SOCK_DGRAM;

    public bool IsListening => _row.State == SockDiagEntry.Listening;

    public bool IsConnected => _row.State == SockDiagEntry.Established;

    /// <summary>Whether the socket was bound itself: an accepted connection has the name and the file of its listener.</summary>
    public bool IsBinder => !IsConnected || IsDatagram;

    public bool IsAbstract => _row.Name is [0, ..];

    /// <summary>The name without the NUL before an abstract name or behind a path; empty when the socket has none.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            ReadOnlySpan<byte> name = _row.Name;
            var end = name.IndexOf((byte)0);
            return IsAbstract ? name[1..] : end < 0 ? name : name[..end];
        }
    }

    public bool IsPathname => !IsAbstract && Name.Length > 0;

    /// <summary>The name as text, printable.</summary>
    public string NameText => (IsAbstract ? "@" : Name.StartsWith("/"u8) ? "" : "./") + PrintableText.Of(Name);

    /// <summary>Null when there is none, when it is closed, or when the connection waits to be accepted.</summary>
    public uint? PeerInode => _row.PeerInode == 0 ? null : _row.PeerInode;

    /// <summary>Of a listener: the number of connections that wait to be accepted.</summary>
    public int? Pending => IsListening ? (int)_row.ReceiveQueue : null;

    /// <summary>Of a listener: the number of connections that may wait.</summary>
    public int? Backlog => IsListening ? (int)_row.SendQueue : null;

    public bool IsReceivingEnded => (_row.ShutDown & SockDiagEntry.ReceivingShutDown) != 0;

    public bool IsSendingEnded => (_row.ShutDown & SockDiagEntry.SendingShutDown) != 0;

    /// <summary>The processes that have the socket open; empty when none may be seen, or when they were not looked for.</summary>
    public List<SocketProcess> Processes { get; } = new(0);

    /// <summary>The socket that this one is connected to, where it is of the same network namespace.</summary>
    public SocketTableEntry? Peer { get; set; }

    /// <summary>The socket that listens at the name of an accepted connection now, or at which a connection waits.</summary>
    public SocketTableEntry? Listener { get; set; }

    /// <summary>Whether this is the client's end of a connection that its server has not accepted yet.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Of a listener: the client ends that wait, oldest first.</summary>
    public List<SocketTableEntry> Waiting { get; } = new(0);

    /// <summary>What a type is called in a sentence.</summary>
    public static string TypeName(int type) => type switch
    {
        LibcSocket.SOCK_STREAM => "stream",
        LibcSocket.SOCK_DGRAM => "datagram",
        LibcSocket.SOCK_SEQPACKET => "seqpacket",
        _ => $"type {type}",
    };

    /// <summary>Whether the socket is bound to this file, given as the table has it (<see cref="MountRow.InSocketTable"/>).</summary>
    public bool IsAt(FileId file) => _row.FileInode == (uint)file.Inode && _row.FileDevice == KernelDevice(file);

    public bool HasPath(ReadOnlySpan<byte> path) => IsPathname && Name.SequenceEqual(path);

    public bool HasAbstractName(ReadOnlySpan<byte> name) => IsAbstract && Name.SequenceEqual(name);

    // Twelve bits of major number, twenty of minor.
    private static uint KernelDevice(FileId file) => (file.DeviceMajor << 20) | file.DeviceMinor;
}

/// <summary>All local sockets of this network namespace from the kernel's own table (sock_diag(7)), with the processes that have
/// them.</summary>
internal sealed class SocketTable
{
    private readonly Dictionary<uint, SocketTableEntry> _byInode;

    private SocketTable(List<SocketTableEntry> sockets, Dictionary<uint, SocketTableEntry> byInode)
    {
        Sockets = sockets;
        _byInode = byInode;
    }

    /// <summary>In the order of their numbers.</summary>
    public List<SocketTableEntry> Sockets { get; }

    /// <summary>The number of processes whose descriptors may not be seen.</summary>
    public int UnreadableProcesses { get; private init; }

    /// <summary>Reads the table.</summary>
    /// <param name="withProcesses">False leaves out the processes, which take most of the time.</param>
    /// <param name="table">The table; null when there is none.</param>
    /// <param name="hasNoProc">Whether it is /proc that could not be read.</param>
    /// <returns>Zero or <c>-errno</c>.</returns>
    public static int Read(bool withProcesses, out SocketTable? table, out bool hasNoProc)
    {
        table = null;
        hasNoProc = false;
        var rows = new List<SockDiagEntry>(256);
        var result = SockDiag.ListWithQueues(rows);
        if (result < 0)
            return result;
        var byInode = new Dictionary<uint, SocketTableEntry>(rows.Count);
        var sockets = new List<SocketTableEntry>(rows.Count);
        foreach (var row in rows)
        {
            var socket = new SocketTableEntry(row);
            if (byInode.TryAdd(socket.Inode, socket)) // while the table changes a socket can be reported twice
                sockets.Add(socket);
        }
        sockets.Sort(static (a, b) => a.Inode.CompareTo(b.Inode));
        if (sockets.Exists(s => s.Pending > 0))
        {
            rows.Clear();
            if ((result = SockDiag.ListWaiting(rows)) < 0)
                return result;
            SetWaiting(rows, byInode);
        }
        SetLinks(sockets, byInode);

        var scan = new ProcessScan();
        if (withProcesses && (result = scan.FindAll(inode => byInode.GetValueOrDefault(inode)?.Processes)) < 0)
        {
            hasNoProc = true;
            return result;
        }
        table = new SocketTable(sockets, byInode) { UnreadableProcesses = scan.Unreadable };
        return 0;
    }

    /// <summary>Why the table could not be read, as a sentence, and what to change.</summary>
    public static (string Reason, string Remedy) Problem(Errno errno) => errno switch
    {
        Errno.EAFNOSUPPORT or Errno.EACCES or Errno.EPERM => (
            $"This process may not use the address family AF_NETLINK ({errno}), by which the kernel shows its table of local sockets.",
            "Allow it in its sandbox: AF_NETLINK in RestrictAddressFamilies= of a service, or a container's seccomp profile."),
        Errno.ENOENT or Errno.EPROTONOSUPPORT => (
            "The kernel does not show its table of local sockets: it needs CONFIG_UNIX_DIAG (module unix_diag).",
            "Load the module, as root: modprobe unix_diag."),
        _ => ($"The kernel's table of local sockets cannot be read (sock_diag: {errno}).", "Look at the sandbox of this process."),
    };

    /// <summary>Reads the table; null where the kernel does not show it.</summary>
    public static SocketTable? TryRead(bool withProcesses) => Read(withProcesses, out var table, out _) < 0 ? null : table;

    public SocketTableEntry? Find(uint inode) => _byInode.GetValueOrDefault(inode);

    private static void SetWaiting(List<SockDiagEntry> listeners, Dictionary<uint, SocketTableEntry> byInode)
    {
        foreach (var row in listeners)
        {
            if (!byInode.TryGetValue(row.SocketInode, out var listener))
                continue;
            foreach (var waiting in row.Waiting)
            {
                if (!byInode.TryGetValue(waiting, out var client) || client.PeerInode is not null || client.IsWaiting)
                    continue;
                listener.Waiting.Add(client);
                client.Listener = listener;
                client.IsWaiting = true;
            }
        }
    }

    /// <summary>Turns the numbers by which sockets name each other into references.</summary>
    private static void SetLinks(List<SocketTableEntry> sockets, Dictionary<uint, SocketTableEntry> byInode)
    {
        var byFile = new Dictionary<(uint Device, uint Inode), SocketTableEntry>();
        var byName = new Dictionary<string, SocketTableEntry>(StringComparer.Ordinal);
        foreach (var socket in sockets)
        {
            if (socket.PeerInode is { } peer)
                socket.Peer = byInode.GetValueOrDefault(peer);
            if (!socket.IsListening)
                continue;
            // A path can have been bound again since; an abstract name has one owner at a time.
            if (socket.Row.FileInode is { } inode)
                byFile[(socket.Row.FileDevice, inode)] = socket;
            else if (socket.IsAbstract)
                byName[Key(socket)] = socket;
        }

        foreach (var socket in sockets)
        {
            if (!socket.IsConnected || socket.IsDatagram || socket.IsWaiting)
                continue;
            var listener = socket.Row.FileInode is { } inode ? byFile.GetValueOrDefault((socket.Row.FileDevice, inode))
                : socket.IsAbstract ? byName.GetValueOrDefault(Key(socket)) : null;
            if (listener?.Type == socket.Type)
                socket.Listener = listener;
        }
    }

    private static string Key(SocketTableEntry socket) => Convert.ToHexString(socket.Name);
}
