using System.Net.Sockets;
using Samehost.Diagnostics.Sockets;
using Samehost.Interop;

namespace Samehost.Diagnostics;

/// <summary>One local socket of this machine at one moment, as the kernel's table has it (sock_diag(7)).</summary>
public sealed class UnixSocketEntry
{
    private readonly SockDiagEntry _raw;
    private List<UnixSocketProcess>? _holders;
    private List<UnixSocketEntry>? _waiting;

    internal UnixSocketEntry(in SockDiagEntry raw)
    {
        _raw = raw;
        LocalEndPoint = raw.Name.Length == 0 ? UnixEndPoint.Unnamed : UnixEndPoint.FromKernelName(raw.Name);
    }

    /// <summary>The number of the socket, as <c>/proc/PID/fd</c> shows it: <c>socket:[12345]</c>.</summary>
    public uint Inode => _raw.SocketInode;

    /// <summary>Stream, datagram or seqpacket.</summary>
    public SocketType SocketType => (SocketType)_raw.Type;

    /// <summary>Listening, connected or neither.</summary>
    public UnixSocketState State => (UnixSocketState)_raw.State;

    /// <summary>
    /// The name that the socket was bound to; an accepted connection bears the one of its listener. Anybody can choose any bytes, and a
    /// path can be relative to where its process was then; <see cref="UnixEndPoint.ToString"/> makes it one harmless line.
    /// </summary>
    public UnixEndPoint LocalEndPoint { get; }

    /// <summary>The file that the socket is bound to, or null. An accepted connection has that of its listener.</summary>
    public UnixSocketFileId? File => _raw.FileInode is { } inode
        ? new UnixSocketFileId(_raw.FileDevice >> 20, _raw.FileDevice & 0xfffff, inode) : null;

    /// <summary>The number of the socket that this one is connected to; null when it has none, when that is closed, or when the
    /// connection still waits to be accepted.</summary>
    public uint? PeerInode => _raw.PeerInode == 0 ? null : _raw.PeerInode;

    /// <summary>The socket that this one is connected to; null without <see cref="PeerInode"/>, and when the peer is in another network
    /// namespace, whose sockets are not seen from here.</summary>
    public UnixSocketEntry? Peer { get; internal set; }

    /// <summary>Of an accepted connection, the socket that listens at its name now; of one that waits to be accepted, the socket that it
    /// waits at. Otherwise null, also when the listener is closed.</summary>
    public UnixSocketEntry? Listener { get; internal set; }

    /// <summary>True when this is the client's end of a connection that its server has not accepted yet.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Bytes that have arrived and were not read yet; of a datagram socket, those of the first message. Zero for a
    /// listener.</summary>
    public long ReceiveQueue => State == UnixSocketState.Listening ? 0 : _raw.ReceiveQueue;

    /// <summary>Memory of what was sent and not read by the peer yet, in bytes with the kernel's overhead. Zero for a listener.</summary>
    public long SendQueue => State == UnixSocketState.Listening ? 0 : _raw.SendQueue;

    /// <summary>How much <see cref="SendQueue"/> may become before sending waits, in bytes (SO_SNDBUF as the kernel counts it).</summary>
    public long SendBufferSize => _raw.SendBuffer;

    /// <summary>How many connections wait to be accepted; null when the socket does not listen.</summary>
    public int? Pending => State == UnixSocketState.Listening ? (int)_raw.ReceiveQueue : null;

    /// <summary>How many connections may wait (listen(2)); one more fits before a client has to wait. Null when the socket does not
    /// listen.</summary>
    public int? Backlog => State == UnixSocketState.Listening ? (int)_raw.SendQueue : null;

    /// <summary>The client ends of connections that wait to be accepted here, oldest first; those of another network namespace are
    /// missing.</summary>
    public IReadOnlyList<UnixSocketEntry> Waiting => _waiting ?? [];

    /// <summary>True when nothing more can be received: shut down on this side or ended by the other (shutdown(2)).</summary>
    public bool IsReceivingEnded => (_raw.ShutDown & SockDiagEntry.ReceivingShutDown) != 0;

    /// <summary>True when nothing more can be sent.</summary>
    public bool IsSendingEnded => (_raw.ShutDown & SockDiagEntry.SendingShutDown) != 0;

    /// <summary>The user who made the socket; null when the kernel does not tell (before Linux 4.20).</summary>
    public uint? UserId => _raw.User;

    /// <summary>That user's name, or null when the system does not know the number. Looked up at each call.</summary>
    public string? UserName => UserId is { } user ? LibcAccount.FindUserName(user) : null;

    /// <summary>
    /// The processes that have the socket open, by process number. Empty when we may see none of them, or when none has: the socket is on
    /// its way inside a message, or belongs to a process of another namespace.
    /// </summary>
    public IReadOnlyList<UnixSocketProcess> Processes => _holders ?? [];

    /// <summary>For logs: <c>stream listening /run/x.sock [12345]</c>.</summary>
    public override string ToString() => $"{SocketWords.Of(SocketType)} {SocketWords.Of(State)} {LocalEndPoint} [{Inode}]";

    internal void AddWaiting(UnixSocketEntry client)
    {
        (_waiting ??= []).Add(client);
        client.Listener = this;
        client.IsWaiting = true;
    }

    /// <summary>The holder that was added last, if it is this process.</summary>
    internal UnixSocketProcess? LastHolder(int processId) =>
        _holders is { Count: > 0 } holders && holders[^1].ProcessId == processId ? holders[^1] : null;

    internal void Add(UnixSocketProcess holder) => (_holders ??= new List<UnixSocketProcess>(1)).Add(holder);
}
