namespace Samehost.Hosting;

/// <summary>Starts a server of one socket type with the handler that the application registered.</summary>
internal abstract class HostedServerHandler
{
    /// <summary>Starts the server on the socket that systemd passed, or binds its address.</summary>
    public abstract UnixServer Start(UnixHostedServerOptions options);

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
    public override UnixServer Start(UnixHostedServerOptions options) =>
        options.SystemdSocketName is { } name && SocketActivation.TryTake(name, options.Server.Listener) is { } listener
            ? UnixServer.Start(listener, handler, options.Server)
            : UnixServer.Start(RequireAddress(options), handler, options.Server);

    public override UnixServer Start(UnixAcceptedHandover handover, UnixEndPoint handoverEndPoint, UnixServerOptions options) =>
        UnixServer.Start(handover.Listener ?? throw OtherSocketType(handoverEndPoint, "stream"), handler, options);
}

internal sealed class HostedSeqpacketHandler(Func<UnixSeqpacket, CancellationToken, Task> handler) : HostedServerHandler
{
    public override UnixServer Start(UnixHostedServerOptions options) =>
        options.SystemdSocketName is { } name && SocketActivation.TryTakeSeqpacket(name, options.Server.Listener) is { } listener
            ? UnixServer.StartSeqpacket(listener, handler, options.Server)
            : UnixServer.StartSeqpacket(RequireAddress(options), handler, options.Server);

    public override UnixServer Start(UnixAcceptedHandover handover, UnixEndPoint handoverEndPoint, UnixServerOptions options) =>
        UnixServer.StartSeqpacket(handover.SeqpacketListener ?? throw OtherSocketType(handoverEndPoint, "seqpacket"), handler, options);
}
