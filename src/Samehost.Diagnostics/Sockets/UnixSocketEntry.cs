using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Diagnostics;

/// <summary>One local socket of this machine at one moment, as the kernel's table has it (sock_diag(7)).</summary>
public sealed class UnixSocketEntry
{
    private readonly UnixSocketTable _table;
    private readonly SocketTableEntry _entry;

    internal UnixSocketEntry(UnixSocketTable table, SocketTableEntry entry)
    {
        _table = table;
        _entry = entry;
        LocalEndPoint = entry.Row.Name.Length == 0 ? UnixEndPoint.Unnamed : UnixEndPoint.FromKernelName(entry.Row.Name);
    }

    /// <summary>The number of the socket, as <c>/proc/PID/fd</c> shows it: <c>socket:[12345]</c>.</summary>
    public uint Inode => _entry.Inode;

    /// <summary>The type of the socket: stream, dgram or seqpacket.</summary>
    public SocketType SocketType => (SocketType)_entry.Type;

    /// <summary>Listening, connected or neither.</summary>
    public UnixSocketState State => (UnixSocketState)_entry.Row.State;

    /// <summary>
    /// The name that the socket was bound to; an accepted connection has that of its listener. A process can choose any bytes, and a path
    /// can be relative to the working directory that its process had then; <see cref="UnixEndPoint.ToString"/> makes it one harmless line.
    /// </summary>
    public UnixEndPoint LocalEndPoint { get; }

    /// <summary>The file that the socket is bound to, or null. An accepted connection has that of its listener.</summary>
    public UnixSocketFileId? File => _entry.Row.FileInode is { } inode
        ? new UnixSocketFileId(_entry.Row.FileDevice >> 20, _entry.Row.FileDevice & 0xfffff, inode) : null;

    /// <summary>The number of the socket that this one is connected to; null when it has none, when that is closed, or when the
    /// connection still waits to be accepted.</summary>
    public uint? PeerInode => _entry.PeerInode;

    /// <summary>The socket that this one is connected to; null without <see cref="PeerInode"/>, and when the peer is in another network
    /// namespace, whose sockets are not seen from here.</summary>
    public UnixSocketEntry? Peer => _table.Find(_entry.Peer);

    /// <summary>Of an accepted connection, the socket that listens at its name now; of one that waits to be accepted, the socket that it
    /// waits at. Otherwise null, also when the listener is closed.</summary>
    public UnixSocketEntry? Listener => _table.Find(_entry.Listener);

    /// <summary>True when this is the client's end of a connection that its server has not accepted yet.</summary>
    public bool IsWaiting => _entry.IsWaiting;

    /// <summary>Bytes that have arrived and were not read yet; of a datagram socket, those of the first message. Zero for a
    /// listener.</summary>
    public long ReceiveQueue => _entry.IsListening ? 0 : _entry.Row.ReceiveQueue;

    /// <summary>Memory of what was sent and not read by the peer yet, in bytes with the kernel's overhead. Zero for a listener.</summary>
    public long SendQueue => _entry.IsListening ? 0 : _entry.Row.SendQueue;

    /// <summary>How much <see cref="SendQueue"/> may become before sending waits, in bytes (SO_SNDBUF as the kernel counts it).</summary>
    public long SendBufferSize => _entry.Row.SendBuffer;

    /// <summary>How many connections wait to be accepted; null when the socket does not listen.</summary>
    public int? Pending => _entry.Pending;

    /// <summary>How many connections may wait (listen(2)); one more fits before a client has to wait. Null when the socket does not
    /// listen.</summary>
    public int? Backlog => _entry.Backlog;

    /// <summary>The client ends of connections that wait to be accepted here, oldest first; those of another network namespace are
    /// missing.</summary>
    public IReadOnlyList<UnixSocketEntry> Waiting => field ??= [.. _entry.Waiting.Select(client => _table.Find(client)!)];

    /// <summary>True when nothing more can be received: shut down on this side or ended by the other (shutdown(2)).</summary>
    public bool IsReceivingEnded => _entry.IsReceivingEnded;

    /// <summary>True when nothing more can be sent.</summary>
    public bool IsSendingEnded => _entry.IsSendingEnded;

    /// <summary>The user who made the socket; null when the kernel does not report it (before Linux 4.20).</summary>
    public uint? UserId => _entry.Row.User;

    /// <summary>That user's name, or null when the system does not know the number. Looked up at each call.</summary>
    public string? UserName => UserId is { } user ? LibcAccount.FindUserName(user) : null;

    /// <summary>
    /// The processes that have the socket open, by process number. Empty when this process may see none of them, or when none has it: the
    /// socket is in a message that was not received yet, or belongs to a process of another namespace.
    /// </summary>
    public IReadOnlyList<UnixSocketProcess> Processes => field ??= [.. _entry.Processes.Select(p => new UnixSocketProcess(p))];

    /// <summary>For logs: <c>stream listening /run/x.sock [12345]</c>.</summary>
    public override string ToString() => $"{SocketTableEntry.TypeName(_entry.Type)} {StateName} {LocalEndPoint} [{Inode}]";

    private string StateName => State switch
    {
        UnixSocketState.Listening => "listening",
        UnixSocketState.Connected => "connected",
        UnixSocketState.Unconnected => "unconnected",
        _ => $"state {(int)State}",
    };
}

/// <summary>The state of a local socket. The numbers are those of the kernel's table.</summary>
public enum UnixSocketState
{
    /// <summary>It has a peer, or had one: a stream or seqpacket connection stays in this state after the other side has closed.</summary>
    Connected = 1,

    /// <summary>Neither connected nor listening. A datagram socket that only receives is in this state too.</summary>
    Unconnected = 7,

    /// <summary>It accepts connections.</summary>
    Listening = 10,
}

/// <summary>
/// The file that a socket is bound to, as the kernel reports it: it stays the same when the file is renamed, and another file at the same
/// path has another one.
/// </summary>
/// <remarks>
/// The device is that of the mount (proc_pid_mountinfo(5)): on overlay and btrfs it can differ from what stat(2) shows. Inode numbers are
/// cut to 32 bits.
/// </remarks>
/// <param name="DeviceMajor">The major number of the device.</param>
/// <param name="DeviceMinor">The minor number of the device.</param>
/// <param name="Inode">The low 32 bits of the inode number.</param>
public readonly record struct UnixSocketFileId(uint DeviceMajor, uint DeviceMinor, uint Inode)
{
    /// <summary>Finds the file at a path as the kernel's table of sockets has it, symbolic links followed; null if there is none that can
    /// be seen.</summary>
    /// <param name="path">A path; a relative one starts at the working directory.</param>
    public static UnixSocketFileId? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Contains('\0', StringComparison.Ordinal)
            || LibcFile.Open(Encoding.UTF8.GetBytes(path), LibcFile.O_PATH, 0, out var file) < 0)
        {
            return null;
        }
        using (file)
        {
            if (LibcFile.Status(file!, out var status) < 0)
                return null;
            var id = MountTable.InSocketTable(file!, status.Id);
            return new UnixSocketFileId(id.DeviceMajor, id.DeviceMinor, (uint)id.Inode);
        }
    }
}

/// <summary>A process that has a local socket open, and its descriptors of it.</summary>
/// <remarks>For diagnosis. A process chooses its name itself, and its number can be given to another one once it has ended.</remarks>
public sealed class UnixSocketProcess
{
    private readonly SocketProcess _process;

    internal UnixSocketProcess(SocketProcess process) => _process = process;

    /// <summary>The process number in our namespace.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>The effective user number of the process; null when it ended while it was looked at.</summary>
    public uint? UserId => _process.UserId;

    /// <summary>The user's name, or null when the system does not know the number. Looked up at each call.</summary>
    public string? UserName => UserId is { } user ? LibcAccount.FindUserName(user) : null;

    /// <summary>
    /// The name of the program, at most 15 bytes (proc_pid_comm(5)), printable: other bytes as <c>\xNN</c>. Empty when the process ended
    /// while it was looked at.
    /// </summary>
    public string Command => PrintableText.Of(_process.Command);

    /// <summary>The name of the program as the process chose it, any bytes.</summary>
    public ReadOnlyMemory<byte> CommandBytes => _process.Command;

    /// <summary>The descriptor numbers under which the process has the socket, in the order of the kernel; at least one.</summary>
    public IReadOnlyList<int> Descriptors => _process.Descriptors;

    /// <summary>For logs: <c>redis-server(812) fd 6,7</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Command}({ProcessId}) fd {string.Join(',', Descriptors)}");
}
