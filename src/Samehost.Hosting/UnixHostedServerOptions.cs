namespace Samehost.Hosting;

/// <summary>Specifies where a hosted server listens, and its limits.</summary>
/// <remarks>They are read when the host starts: first the section of the configuration that has the server's name, then what the program
/// configures. See <see cref="UnixHostedServerExtensions"/> for the keys.</remarks>
public sealed class UnixHostedServerOptions
{
    /// <summary>Gets or sets the address to listen on; the key <c>Address</c>.</summary>
    /// <remarks>It may be null if <see cref="SystemdSocketName"/> is set and systemd always starts the service.</remarks>
    public UnixEndPoint? EndPoint { get; set; }

    /// <summary>Gets or sets the name of a socket that systemd may pass (<c>FileDescriptorName=</c>, systemd.socket(5)); the key
    /// <c>SystemdSocketName</c>.</summary>
    /// <remarks>If a socket of that name was passed, it is used, whatever its address; otherwise one with the address, or else
    /// <see cref="EndPoint"/> is bound.</remarks>
    public string? SystemdSocketName { get; set; }

    /// <summary>Gets or sets the path at which this process accepts the handover of the server from a running process and then offers it to
    /// its own successor; the key <c>HandoverAddress</c>.</summary>
    /// <remarks>During a handover no connection is refused. If no process offers one, <see cref="EndPoint"/> is bound. The predecessor
    /// stops after the handover. The path is used for nothing else. Null, the default, disables handover.</remarks>
    public UnixEndPoint? HandoverEndPoint { get; set; }

    /// <summary>Gets or sets the limits of the server, and the policy, mode and group of its listener.</summary>
    /// <remarks>If <see cref="UnixServerOptions.Events"/> is set, the events go there instead of to the log. The host's own shutdown
    /// timeout ends the drain early if it is shorter than <see cref="UnixServerOptions.DrainTimeout"/>.</remarks>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public UnixServerOptions Server
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new();
}
