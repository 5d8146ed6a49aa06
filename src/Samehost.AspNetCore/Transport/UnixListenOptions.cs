using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Samehost.AspNetCore;

/// <summary>One local socket that Kestrel listens on; what is not set is safe.</summary>
/// <remarks>How long a stop waits for requests is the host's: <c>HostOptions.ShutdownTimeout</c>.</remarks>
public sealed class UnixListenOptions
{
    internal UnixListenOptions(UnixEndPoint address, ListenOptions? kestrel = null)
    {
        Address = address;
        _kestrel = kestrel;
    }

    private readonly ListenOptions? _kestrel;
    private int _backlog = 4096;
    private int _maxConnections = 4096;
    private int _maxConnectionsPerUser = 1024;

    /// <summary>Where to listen.</summary>
    public UnixEndPoint Address { get; }

    /// <summary>Kestrel's own settings of this endpoint: <c>Protocols</c>, <c>UseHttps</c>, connection middleware.</summary>
    public ListenOptions Kestrel => _kestrel ?? throw new InvalidOperationException("The endpoint was configured by Kestrel's own means.");

    /// <summary>Mode, group and stale files, for an address that is a path. Mode 0600 by default.</summary>
    public SocketFileOptions SocketFile { get; } = new();

    /// <summary>
    /// Who may connect; others are closed before a byte of theirs is read, so that no request of theirs reaches the pipeline. Our own
    /// user and root when null, the default; an abstract name, which has no permissions, asks for a decision. A socket file whose mode
    /// lets others in needs both, the mode and the policy: see <see cref="AllowGroup"/>.
    /// </summary>
    public PeerPolicy? PeerPolicy { get; set; }

    /// <summary>How many connections may wait to be accepted; the kernel cuts it to net.core.somaxconn (listen(2)). 4,096 by
    /// default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int Backlog
    {
        get => _backlog;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _backlog = value;
        }
    }

    /// <summary>How many connections are served at once; further ones wait in the backlog. 4,096 by default, and fewer where the process
    /// may not open so many files.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is zero or negative.</exception>
    public int MaxConnections
    {
        get => _maxConnections;
        set => _maxConnections = Positive(value);
    }

    /// <summary>How many of them may belong to one user; further ones are closed at once, so that one user cannot keep the others out.
    /// 1,024 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is zero or negative.</exception>
    public int MaxConnectionsPerUser
    {
        get => _maxConnectionsPerUser;
        set => _maxConnectionsPerUser = Positive(value);
    }

    /// <summary>
    /// The name of a socket that a service manager may have opened for us (<c>FileDescriptorName=</c>, systemd.socket(5)). It is used if it
    /// was passed, whatever its address; otherwise <see cref="Address"/> is bound. Null, the default, uses none.
    /// </summary>
    public string? SystemdName { get; set; }

    /// <summary>
    /// Where a new process of this service takes over from the running one without refusing a connection, and then offers the same to its
    /// own successor; a path, for this alone. If nobody offers there, <see cref="Address"/> is bound. After a handover the old process
    /// is told to stop, and finishes its requests. Null, the default, offers nothing.
    /// </summary>
    public UnixEndPoint? HandoverControl { get; set; }

    /// <summary>Lets the members of a group in: the socket file is the group's with mode 0660, and the policy admits ourselves, root and
    /// the group.</summary>
    /// <param name="group">The name of one group, taken as it is.</param>
    /// <exception cref="ArgumentException">There is no such group.</exception>
    public void AllowGroup(string group)
    {
        PeerPolicy = PeerPolicy.AnyOf(PeerPolicy.SelfAndRoot, PeerPolicy.ForGroup(group));
        SocketFile.Group = group;
        SocketFile.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    }

    internal UnixListenerOptions Listener => new() { Backlog = Backlog, SocketFile = SocketFile, PeerPolicy = PeerPolicy };

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
