using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Samehost.AspNetCore;

/// <summary>The options of a local socket that Kestrel listens on; the defaults are safe.</summary>
/// <remarks>They are copied when Kestrel binds the endpoint. How long a stop waits for requests is an option of the host:
/// <c>HostOptions.ShutdownTimeout</c>.</remarks>
public sealed class UnixTransportOptions
{
    private readonly ListenOptions? _listenOptions;
    private UnixServerOptions _server = new(); // these options have the same limits, and validate them

    internal UnixTransportOptions(UnixEndPoint endPoint, ListenOptions? listenOptions = null)
    {
        EndPoint = endPoint;
        _listenOptions = listenOptions;
    }

    /// <summary>Gets the address to listen on.</summary>
    public UnixEndPoint EndPoint { get; }

    /// <summary>Gets Kestrel's options of this endpoint: <c>Protocols</c>, <c>UseHttps</c>, connection middleware.</summary>
    /// <exception cref="InvalidOperationException">Kestrel's own configuration made the endpoint.</exception>
    public ListenOptions ListenOptions =>
        _listenOptions ?? throw new InvalidOperationException("The endpoint was configured by Kestrel's own configuration.");

    /// <summary>Gets or sets the mode, the group and the handling of existing files, for an address that is a path. The mode is 0600 by
    /// default.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public SocketFileOptions SocketFile
    {
        get => _server.Listener.SocketFile;
        set => _server.Listener.SocketFile = value;
    }

    /// <summary>Gets or sets the policy that decides which users may connect; <see langword="null"/>, the default, allows the user of this
    /// process and root.</summary>
    /// <remarks>
    /// Connections of other users are closed before a byte is read, so that their requests do not reach the pipeline. An abstract name
    /// has no permissions and requires a policy. To let other users in through a socket file, both its mode and the policy have to allow
    /// them: see <see cref="AllowGroup"/>.
    /// </remarks>
    public PeerPolicy? PeerPolicy
    {
        get => _server.Listener.PeerPolicy;
        set => _server.Listener.PeerPolicy = value;
    }

    /// <summary>Gets or sets the maximum number of connections that wait to be accepted; the kernel limits it to net.core.somaxconn
    /// (listen(2)). 4,096 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int Backlog
    {
        get => _server.Listener.Backlog;
        set => _server.Listener.Backlog = value;
    }

    /// <summary>Gets or sets the maximum number of concurrent connections; further ones wait in the backlog. 4,096 by default, and fewer
    /// where the descriptor limit of the process is too small.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    public int MaxConnections
    {
        get => _server.MaxConnections;
        set => _server.MaxConnections = value;
    }

    /// <summary>Gets or sets the maximum number of concurrent connections of one user; further ones are closed at once, so that a user
    /// cannot keep the others out. 1,024 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    public int MaxConnectionsPerUser
    {
        get => _server.MaxConnectionsPerUser;
        set => _server.MaxConnectionsPerUser = value;
    }

    /// <summary>Gets or sets the name of a socket that systemd may pass (<c>FileDescriptorName=</c>, systemd.socket(5)).</summary>
    /// <remarks>If a socket of that name was passed, it is used, whatever its address. Otherwise, and with <see langword="null"/>, the
    /// default, a socket that was passed and is bound to <see cref="EndPoint"/> is used, whatever its name; and if there is none,
    /// <see cref="EndPoint"/> is bound.</remarks>
    public string? SystemdSocketName { get; set; }

    /// <summary>Gets or sets the path at which this process accepts the handover of the endpoint from a running process and then offers it
    /// to its own successor.</summary>
    /// <remarks>
    /// During a handover no connection is refused. If no process offers one, <see cref="EndPoint"/> is bound. The predecessor stops after
    /// the handover and completes its requests. The path is used for nothing else. <see langword="null"/>, the default, disables
    /// handover.
    /// </remarks>
    public UnixEndPoint? HandoverEndPoint { get; set; }

    /// <summary>Allows the members of a group to connect, in addition to the user of this process and root.</summary>
    /// <remarks>Sets <see cref="PeerPolicy"/>, and the group and the mode (0660) of <see cref="SocketFile"/>.</remarks>
    /// <param name="groupName">The name of one group, taken literally.</param>
    /// <exception cref="ArgumentException">There is no such group.</exception>
    public void AllowGroup(string groupName)
    {
        PeerPolicy = PeerPolicy.AnyOf(PeerPolicy.SelfAndRoot, PeerPolicy.ForGroup(groupName));
        SocketFile.Group = groupName;
        SocketFile.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    }

    internal UnixTransportOptions Copy()
    {
        var copy = (UnixTransportOptions)MemberwiseClone();
        copy._server = _server.Copy();
        return copy;
    }

    /// <summary>Creates the options of the endpoint's server: its listener and its limits.</summary>
    internal UnixServerOptions CreateServerOptions() => _server.Copy();
}
