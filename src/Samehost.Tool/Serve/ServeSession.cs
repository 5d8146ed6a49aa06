using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Serve;

/// <summary><c>samehost serve</c>: opens the endpoints, serves until a signal, a successor or the last client, and drains.</summary>
internal sealed class ServeSession(ServeSettings settings)
{
    /// <summary>For handlers to end once their children or connections have been ended.</summary>
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(2);

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
        ConnectionHandler handler = settings.Echoes ? new EchoHandler(settings, _log)
            : settings.Command is not null ? new ExecHandler(settings, _log)
            : new StdioHandler(settings, _log, settings.IsForOne ? signal.Token : CancellationToken.None);
        await using UnixAcceptedHandover? takeOver = settings.TakesOver ? await ServeHandover.AcceptAsync(Address, settings, signal.Token) : null;
        ServeEndpoint[] endpoints = takeOver is null
            ? ServeHandover.OpenFirst(settings) : [ServeHandover.EndpointOf(takeOver, settings.Kind ?? SocketKind.Stream)];
        if (settings.IsForOne && endpoints.Length > 1)
            throw new ToolException("several sockets were passed: --echo, --exec or --keep can serve them all", ExitStatus.UsageError);
        try
        {
            return await ServeAsync(endpoints, handler, takeOver, signal);
        }
        finally
        {
            Notify(static notify => notify.NotifyStopping());
            await StopAsync(handler);
        }
    }

    private async Task<int> ServeAsync(ServeEndpoint[] endpoints, ConnectionHandler handler, UnixAcceptedHandover? takeOver, ShutdownSignal signal)
    {
        // Now, because the first client of a command that is for one closes the endpoint.
        string[] greetings = [.. endpoints.Select(endpoint => $"serving {endpoint}, open to {OpenTo(endpoint)}")];
        List<Task> ends = [signal.Received, handler.Ended];
        foreach (ServeEndpoint endpoint in endpoints)
            ends.Add(endpoint.Datagrams is { } socket ? ServeAsync(socket, signal.Token)
                : Start(endpoint, handler, signal.Token).Completion);
        if (takeOver is not null)
            await takeOver.CompleteAsync(signal.Token);
        _offer = settings.TakesOver ? ServeHandover.Offer(Address, _servers[0], _log) : null;
        if (_offer is not null)
            ends.Add(_offer.Completion);

        foreach (string greeting in greetings)
            _log.Say($"{greeting}{(takeOver is null ? "" : ", taken over")}");
        Notify(static notify => notify.NotifyReady());

        Task first = await Task.WhenAny(ends);
        if (_offer is not null && !signal.Received.IsCompleted)
            await Task.WhenAny(_offer.Completion, Task.Delay(UnwindTime));
        if (_offer is { Completion.IsCompletedSuccessfully: true })
            _log.Say("handed over, and the last client has left");
        if (handler.Ended.IsFaulted)
            await handler.Ended;
        if (!signal.Received.IsCompleted)
            await first;
        return signal.Received.IsCompleted && settings.IsForOne && _servers.Count > 0
            ? SignalStatus.Of(await signal.Received) : ExitStatus.Success;
    }

    private async Task StopAsync(ConnectionHandler handler)
    {
        Task<bool[]> stopped = Task.WhenAll(_servers.Select(server => server.StopAsync(settings.Drain)));
        // Not the servers' own limits: after a handover they have none, and programs of --exec outlast them.
        await Task.WhenAny(stopped, Task.Delay(settings.Drain));
        if (!stopped.IsCompletedSuccessfully || (await stopped).Contains(false))
            _log.Say($"closed what was still open after {DurationText.Format(settings.Drain)}");
        await handler.AbandonAsync();
        foreach (UnixDatagram socket in _datagrams)
            socket.Dispose();
        await Task.WhenAny(stopped, Task.Delay(UnwindTime));
        if (_offer is not null)
            await Task.WhenAny(_offer.DisposeAsync().AsTask(), Task.Delay(UnwindTime));
    }

    private string OpenTo(ServeEndpoint endpoint) =>
        settings.Allow is null && endpoint.Datagrams is { LocalEndPoint.Kind: UnixEndPointKind.Pathname }
            ? "whoever may write to it" : settings.Allowed.ToString();

    /// <summary>A service manager that does not listen is no reason not to serve.</summary>
    private void Notify(Action<SystemdNotifier> what)
    {
        try
        {
            what(_notify);
        }
        catch (UnixSocketException error)
        {
            _log.Say($"the service manager cannot be told: {ErrorReport.Summary(error)}");
        }
    }

    private UnixServer Start(ServeEndpoint endpoint, ConnectionHandler handler, CancellationToken closing)
    {
        var started = new TaskCompletionSource<UnixServer>(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task EnterAsync(ToolConnection connection, ClientInfo caller)
        {
            // The first client of a command that is for one closes the endpoint behind it.
            if (settings.IsForOne)
                _ = (await started.Task).StopAsync(Timeout.InfiniteTimeSpan);
            await handler.ServeAsync(connection, caller, closing); // not at a hand-over, which changes nothing for who is here
        }
        UnixServerOptions options = settings.ServerOptions(_log);
        UnixServer server = endpoint.Streams is { } streams
            ? UnixServer.Start(streams, (stream, _) => EnterAsync(ToolConnection.Of(stream), ClientInfo.Of(stream)), options)
            : UnixServer.StartSeqpacket(
                endpoint.Seqpackets!, (record, _) => EnterAsync(ToolConnection.Of(record), ClientInfo.Of(record)), options);
        _servers.Add(server);
        started.SetResult(server);
        return server;
    }

    private async Task ServeAsync(UnixDatagram socket, CancellationToken stop)
    {
        _datagrams.Add(socket);
        if (settings.Command is not null)
            throw new ToolException("--exec needs connections, and datagrams have none", ExitStatus.UsageError);
        await new DatagramHandler(socket, settings, _log).RunAsync(stop);
    }
}
