using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Samehost.Hosting;

/// <summary>Represents a server on a local socket that the host starts and stops.</summary>
/// <remarks>It is a keyed service, by its name: <c>[FromKeyedServices("Greeter")] UnixHostedServer server</c>.</remarks>
public sealed class UnixHostedServer : IHostedService, IAsyncDisposable
{
    private readonly IOptionsMonitor<UnixHostedServerOptions> _options;
    private readonly HostedServerHandler _handler;
    private readonly HandoverShutdown _handoverShutdown;
    private readonly IHostApplicationLifetime _application;
    private readonly ILogger _logger;
    private UnixHandoverOffer? _offer;
    private bool _isStopping;

    internal UnixHostedServer(
        string name, HostedServerHandler handler, IOptionsMonitor<UnixHostedServerOptions> options, HandoverShutdown handoverShutdown,
        IHostApplicationLifetime application, ILoggerFactory loggerFactory)
    {
        Name = name;
        _options = options;
        _handler = handler;
        _handoverShutdown = handoverShutdown;
        _application = application;
        _logger = loggerFactory.CreateLogger("Samehost.Hosting.UnixHostedServer");
    }

    /// <summary>Gets the name of the server, which is also that of its section of the configuration.</summary>
    public string Name { get; }

    /// <summary>Gets the server while the host has started it; null before.</summary>
    public UnixServer? Server { get; private set; }

    /// <inheritdoc/>
    async Task IHostedService.StartAsync(CancellationToken cancellationToken)
    {
        var options = _options.Get(Name);
        options.Server.Events ??= new HostedServerLog(_logger, Name);
        if (options.HandoverEndPoint is { } handoverEndPoint)
        {
            Server = await HandoverRetry.AcceptAsync(
                handoverEndPoint, options.Server.Listener, handover => _handler.Start(handover, handoverEndPoint, options.Server),
                e => HostedServerLog.HandoverRetried(_logger, Name, e.Message), cancellationToken).ConfigureAwait(false);
            if (Server is not null)
                HostedServerLog.HandoverAccepted(_logger, Name, Server.LocalEndPoint);
        }

        Server ??= _handler.Start(
            SocketActivation.Find(
                options.SystemdSocketName, options.EndPoint, _handler.Kind,
                hint => HostedServerLog.SocketsPassedToOther(_logger, Name, hint)),
            options);
        if (options.HandoverEndPoint is { } offerEndPoint)
            Offer(Server, offerEndPoint);
        _ = StopApplicationWhenAcceptFailsAsync(Server);
        HostedServerLog.Listening(_logger, Name, Server.LocalEndPoint);
    }

    /// <inheritdoc/>
    async Task IHostedService.StopAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _isStopping, true);
        if (Server is not { } server)
            return;
        _handoverShutdown.OnWithdrawn(this);
        if (!await server.StopAsync(cancellationToken).ConfigureAwait(false))
            HostedServerLog.NotDrained(_logger, Name, server.ConnectionCount);
    }

    /// <summary>Closes the server, also if the host failed to start and does not stop it.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isStopping, true);
        if (_offer is not null)
            await _offer.DisposeAsync().ConfigureAwait(false);
        if (Server is not null)
            await Server.DisposeAsync().ConfigureAwait(false);
    }

    private void Offer(UnixServer server, UnixEndPoint handoverEndPoint)
    {
        _handoverShutdown.OnOffered(this);
        _offer = UnixHandover.Offer(handoverEndPoint, server, new UnixHandoverOptions
        {
            OnFailed = e => HostedServerLog.HandoverFailed(_logger, Name, e),
        });
        _ = StopApplicationWhenHandedOverAsync(_offer);
    }

    private async Task StopApplicationWhenHandedOverAsync(UnixHandoverOffer offer)
    {
        await offer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!offer.Completion.IsCompletedSuccessfully || Volatile.Read(ref _isStopping))
            return;
        HostedServerLog.HandedOver(_logger, Name);
        _handoverShutdown.OnHandedOver(this);
    }

    private async Task StopApplicationWhenAcceptFailsAsync(UnixServer server)
    {
        await server.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!server.Completion.IsFaulted || Volatile.Read(ref _isStopping))
            return;
        HostedServerLog.AcceptStopped(_logger, Name, server.Completion.Exception.InnerException);
        Environment.ExitCode = Environment.ExitCode == 0 ? 1 : Environment.ExitCode;
        _application.StopApplication();
    }
}
