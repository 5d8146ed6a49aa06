namespace Samehost.Hosting;

/// <summary>Starts a server of one socket type with the handler that the application registered.</summary>
internal abstract class HostedServerHandler
{
    /// <summary>Starts the server on the socket that systemd passed, or binds its address.</summary>
    /// <param name="passed">The socket; null if none was passed.</param>
    /// <param name="options">The address, and the options of the server.</param>
    public abstract UnixServer Start(SystemdListenSocket? passed, UnixHostedServerOptions options);

    /// <summary>Gets what a socket from systemd has to be.</summary>
    public abstract SystemdSocketKind Kind { get; }

    /// <summary>Starts the server on a listener from a running process.</summary>
    /// <exception cref="InvalidOperationException">The running process serves another type of socket.</exception>
    public abstract UnixServer Start(UnixAcceptedHandover handover, UnixEndPoint handoverEndPoint, UnixServerOptions options);

    protected static UnixEndPoint RequireAddress(UnixHostedServerOptions options) => options.EndPoint
        ?? throw new InvalidOperationException(
            $"systemd passed no socket with the name '{options.SystemdSocketName}', and no Address is set to bind instead.");

    protected static InvalidOperationException OtherSocketType(UnixEndPoint handoverEndPoint, string kind) =>
        new($"The process that offers a handover at {handoverEndPoint} serves no {kind} connections.");
}

internal sealed class HostedStreamHandler(Func<UnixStream, CancellationToken, Task> handler) : HostedServerHandler
{
    public override SystemdSocketKind Kind => SystemdSocketKind.StreamListener;

    public override UnixServer Start(SystemdListenSocket? passed, UnixHostedServerOptions options) =>
        passed is not null
            ? UnixServer.Start(passed.TakeListener(options.Server.Listener), handler, options.Server)
            : UnixServer.Start(RequireAddress(options), handler, options.Server);

    public override UnixServer Start(UnixAcceptedHandover handover, UnixEndPoint handoverEndPoint, UnixServerOptions options) =>
        UnixServer.Start(handover.Listener ?? throw OtherSocketType(handoverEndPoint, "stream"), handler, options);
}

internal sealed class HostedSeqpacketHandler(Func<UnixSeqpacket, CancellationToken, Task> handler) : HostedServerHandler
{
    public override SystemdSocketKind Kind => SystemdSocketKind.SeqpacketListener;

    public override UnixServer Start(SystemdListenSocket? passed, UnixHostedServerOptions options) =>
        passed is not null
            ? UnixServer.StartSeqpacket(passed.TakeSeqpacketListener(options.Server.Listener), handler, options.Server)
            : UnixServer.StartSeqpacket(RequireAddress(options), handler, options.Server);

    public override UnixServer Start(UnixAcceptedHandover handover, UnixEndPoint handoverEndPoint, UnixServerOptions options) =>
        UnixServer.StartSeqpacket(handover.SeqpacketListener ?? throw OtherSocketType(handoverEndPoint, "seqpacket"), handler, options);
}
