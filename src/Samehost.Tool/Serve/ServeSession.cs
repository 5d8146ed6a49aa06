using System.Net.Sockets;
using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>
/// Runs <c>samehost serve</c>: opens the endpoints, serves until a signal, a handover or the last client ends it, and drains.
/// </summary>
internal sealed class ServeSession(ServeSettings settings)
{
    /// <summary>How long handlers may take to end after their children or connections were ended.</summary>
    private static readonly TimeSpan UnwindTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a drain may take before it is explained.</summary>
    private static readonly TimeSpan NoticeDelay = TimeSpan.FromMilliseconds(100);

    private readonly ServeLog _log = new(settings);
    private readonly SystemdNotifier _notify = SystemdNotifier.FromEnvironment(clear: true);
    private readonly List<UnixServer> _servers = [];
    private readonly List<UnixDatagram> _datagrams = [];
    private UnixHandoverOffer? _offer;

    private UnixEndPoint Address => settings.Address!.Local!;

    public async Task<int> RunAsync()
    {
        if (settings.Command is { } command)
            ExecutablePath.Check(command[0]);
        using var signal = new ShutdownSignal();
        ConnectionHandler handler = settings.Echo ? new EchoHandler(settings, _log)
            : settings.Command is not null ? new ExecHandler(settings, _log)
            : new StdioHandler(settings, _log, settings.IsSingleClient ? signal.Token : CancellationToken.None);
        await using var predecessor = settings.IsHandoverEnabled
            ? await ServeHandover.AcceptAsync(Address, settings, signal.Token)
            : null;
        var endpoints = predecessor is null
            ? ServeHandover.OpenEndpoints(settings) : [ServeHandover.GetEndpoint(predecessor, settings.SocketType ?? SocketType.Stream)];
        if (settings.IsSingleClient && endpoints.Length > 1)
            throw new ToolException("several sockets were passed: --echo, --exec or --keep can serve them all", ExitStatus.UsageError);
        try
        {
            return await ServeAsync(endpoints, handler, predecessor, signal);
        }
        finally
        {
            Notify(static notify => notify.NotifyStopping());
            await StopAsync(handler, signal.Received.IsCompleted);
        }
    }

    private async Task<int> ServeAsync(
        ServeEndpoint[] endpoints, ConnectionHandler handler, UnixAcceptedHandover? predecessor, ShutdownSignal signal)
    {
        // Formatted now: the first client of a server for one client closes the endpoint.
        string[] greetings = [.. endpoints.Select(endpoint => $"serving {endpoint}, open to {FormatAllowed(endpoint)}")];
        List<Task> ends = [signal.Received, handler.Completion];
        foreach (var endpoint in endpoints)
        {
            ends.Add(endpoint.Datagrams is { } socket ? ServeAsync(socket, signal.Token)
                : Start(endpoint, handler, signal.Token).Completion);
        }
        if (predecessor is not null)
            await predecessor.CompleteAsync(signal.Token);
        _offer = settings.IsHandoverEnabled ? ServeHandover.Offer(Address, _servers[0], _log) : null;
        if (_offer is not null)
            ends.Add(_offer.Completion);

        foreach (var greeting in greetings)
            _log.Info($"{greeting}{(predecessor is null ? "" : ", after a handover")}");
        Notify(static notify => notify.NotifyReady());

        var firstEnded = await Task.WhenAny(ends);
        if (_offer is not null && !signal.Received.IsCompleted)
            await Task.WhenAny(_offer.Completion, Task.Delay(UnwindTimeout));
        if (_offer is { Completion.IsCompletedSuccessfully: true })
            _log.Info("handed over, and the last client has disconnected");
        if (handler.Completion.IsFaulted)
            await handler.Completion;
        if (!signal.Received.IsCompleted)
            await firstEnded;
        return signal.Received.IsCompleted && settings.IsSingleClient && _servers.Count > 0
            ? SignalStatus.Of(await signal.Received) : ExitStatus.Success;
    }

    private async Task StopAsync(ConnectionHandler handler, bool isSignaled)
    {
        var stopped = Task.WhenAll(_servers.Select(server => server.StopAsync(settings.Drain)));
        // The servers have no drain timeout of their own after a handover, and programs of --exec outlast them.
        var drained = Task.WhenAny(stopped, Task.Delay(settings.Drain));
        if (isSignaled && settings.Drain > NoticeDelay && await Task.WhenAny(drained, Task.Delay(NoticeDelay)) != drained)
        {
            _log.Info($"stopping: {CountText.Of(_servers.Sum(server => server.ConnectionCount), "connection")} may continue for "
                + $"{DurationText.Format(settings.Drain)} (--drain); a second signal ends this at once");
        }
        await drained;
        if (!stopped.IsCompletedSuccessfully || (await stopped).Contains(false))
            _log.Info($"closed the remaining connections after {DurationText.Format(settings.Drain)}");
        await handler.EndAllAsync();
        foreach (var socket in _datagrams)
            socket.Dispose();
        await Task.WhenAny(stopped, Task.Delay(UnwindTimeout));
        if (_offer is not null)
            await Task.WhenAny(_offer.DisposeAsync().AsTask(), Task.Delay(UnwindTimeout));
    }

    private string FormatAllowed(ServeEndpoint endpoint) =>
        settings.Allow is null && endpoint.Datagrams is { LocalEndPoint.Kind: UnixEndPointKind.Pathname }
            ? "all users that may write to it" : settings.Allowed.ToString();

    /// <summary>Notifies the service manager; an error does not stop the server.</summary>
    private void Notify(Action<SystemdNotifier> what)
    {
        try
        {
            what(_notify);
        }
        catch (UnixSocketException error)
        {
            _log.Info($"the service manager cannot be notified: {ErrorReport.Summary(error)}");
        }
    }

    private UnixServer Start(ServeEndpoint endpoint, ConnectionHandler handler, CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource<UnixServer>(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task HandleAsync(ToolConnection connection, ClientInfo client)
        {
            // A server for one client closes its endpoint at the first client.
            if (settings.IsSingleClient)
                _ = (await started.Task).StopAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
            // Not canceled by a handover, which does not affect accepted clients.
            await handler.ServeAsync(connection, client, stoppingToken);
        }
        var options = settings.ServerOptions(_log);
        var server = endpoint.Streams is { } streams
            ? UnixServer.Start(streams, (stream, _) => HandleAsync(ToolConnection.Of(stream), ClientInfo.Of(stream)), options)
            : UnixServer.StartSeqpacket(
                endpoint.Seqpackets!, (record, _) => HandleAsync(ToolConnection.Of(record), ClientInfo.Of(record)), options);
        _servers.Add(server);
        started.SetResult(server);
        return server;
    }

    private async Task ServeAsync(UnixDatagram socket, CancellationToken cancellationToken)
    {
        _datagrams.Add(socket);
        if (settings.Command is not null)
            throw new ToolException("--exec needs connections, and datagrams have none", ExitStatus.UsageError);
        await new DatagramHandler(socket, settings, _log).RunAsync(cancellationToken);
    }
}
