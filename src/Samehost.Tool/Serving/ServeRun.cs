using Samehost.Programs;
using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;
using Samehost.Tool.Processes;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Serving;

/// <summary><c>samehost serve</c>: opens the entrances, serves until a signal, a successor or the last client, and drains.</summary>
internal sealed class ServeRun(ServeSettings settings)
{
    /// <summary>For handlers to end once their children or connections have been ended.</summary>
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(2);

    private readonly ServeLog _log = new(settings);
    private readonly SystemdNotify _notify = SystemdNotify.FromEnvironment(clear: true);
    private readonly List<UnixServer> _servers = [];
    private readonly List<UnixDatagram> _datagrams = [];
    private UnixHandover? _offer;

    private UnixEndPoint Address => settings.Address!.Local!;

    public async Task<int> RunAsync()
    {
        if (settings.Command is { } command)
            ProgramPath.Check(command[0]);
        using var signal = new ShutdownSignal();
        Service service = settings.Echoes ? new EchoService(settings, _log)
            : settings.Command is not null ? new ExecService(settings, _log)
            : new StandardService(settings, _log, settings.IsForOne ? signal.Token : CancellationToken.None);
        await using UnixTakeOver? takeOver = settings.TakesOver ? await Succession.RequestAsync(Address, settings, signal.Token) : null;
        Entrance[] entrances = takeOver is null
            ? Succession.OpenFirst(settings) : [Succession.EntranceOf(takeOver, settings.Kind ?? SocketKind.Stream)];
        if (settings.IsForOne && entrances.Length > 1)
            throw new ToolException("several sockets were passed: --echo, --exec or --keep can serve them all", ExitStatus.Usage);
        try
        {
            return await ServeAsync(entrances, service, takeOver, signal);
        }
        finally
        {
            Notify(static notify => notify.Stopping());
            await StopAsync(service);
        }
    }

    private async Task<int> ServeAsync(Entrance[] entrances, Service service, UnixTakeOver? takeOver, ShutdownSignal signal)
    {
        // Now, because the first client of a command that is for one closes the entrance.
        string[] greetings = [.. entrances.Select(entrance => $"serving {entrance}, open to {OpenTo(entrance)}")];
        List<Task> ends = [signal.Received, service.Ended];
        foreach (Entrance entrance in entrances)
            ends.Add(entrance.Datagrams is { } socket ? ServeAsync(socket, signal.Token)
                : Start(entrance, service, signal.Token).Completion);
        if (takeOver is not null)
            await takeOver.ConfirmAsync(signal.Token);
        _offer = settings.TakesOver ? Succession.Offer(Address, _servers[0], _log) : null;
        if (_offer is not null)
            ends.Add(_offer.Completion);

        foreach (string greeting in greetings)
            _log.Say($"{greeting}{(takeOver is null ? "" : ", taken over")}");
        Notify(static notify => notify.Ready());

        Task first = await Task.WhenAny(ends);
        if (_offer is not null && !signal.Received.IsCompleted)
            await Task.WhenAny(_offer.Completion, Task.Delay(UnwindTime));
        if (_offer is { Completion.IsCompletedSuccessfully: true })
            _log.Say("handed over, and the last client has left");
        if (service.Ended.IsFaulted)
            await service.Ended;
        if (!signal.Received.IsCompleted)
            await first;
        return signal.Received.IsCompleted && settings.IsForOne && _servers.Count > 0
            ? SignalStatus.Of(await signal.Received) : ExitStatus.Done;
    }

    private async Task StopAsync(Service service)
    {
        Task<bool[]> stopped = Task.WhenAll(_servers.Select(server => server.StopAsync(settings.Drain)));
        // Not the servers' own limits: after a handover they have none, and programs of --exec outlast them.
        await Task.WhenAny(stopped, Task.Delay(settings.Drain));
        if (!stopped.IsCompletedSuccessfully || (await stopped).Contains(false))
            _log.Say($"closed what was still open after {Duration.Text(settings.Drain)}");
        await service.AbandonAsync();
        foreach (UnixDatagram socket in _datagrams)
            socket.Dispose();
        await Task.WhenAny(stopped, Task.Delay(UnwindTime));
        if (_offer is not null)
            await Task.WhenAny(_offer.DisposeAsync().AsTask(), Task.Delay(UnwindTime));
    }

    private string OpenTo(Entrance entrance) =>
        settings.Allow is null && entrance.Datagrams is { LocalEndPoint.Kind: UnixEndPointKind.Pathname }
            ? "whoever may write to it" : settings.Allowed.ToString();

    /// <summary>A service manager that does not listen is no reason not to serve.</summary>
    private void Notify(Action<SystemdNotify> what)
    {
        try
        {
            what(_notify);
        }
        catch (UnixSocketException error)
        {
            _log.Say($"the service manager cannot be told: {Failure.Summary(error)}");
        }
    }

    private UnixServer Start(Entrance entrance, Service service, CancellationToken closing)
    {
        var started = new TaskCompletionSource<UnixServer>(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task EnterAsync(ToolConnection connection, Caller caller)
        {
            // The first client of a command that is for one closes the entrance behind it.
            if (settings.IsForOne)
                _ = (await started.Task).StopAsync(Timeout.InfiniteTimeSpan);
            await service.ServeAsync(connection, caller, closing); // not at a handover, which changes nothing for who is here
        }
        UnixServerOptions options = settings.ServerOptions(_log);
        UnixServer server = entrance.Streams is { } streams
            ? UnixServer.Start(streams, (stream, _) => EnterAsync(ToolConnection.Of(stream), Caller.Of(stream)), options)
            : UnixServer.StartSeqpacket(
                entrance.Seqpackets!, (record, _) => EnterAsync(ToolConnection.Of(record), Caller.Of(record)), options);
        _servers.Add(server);
        started.SetResult(server);
        return server;
    }

    private async Task ServeAsync(UnixDatagram socket, CancellationToken stop)
    {
        _datagrams.Add(socket);
        if (settings.Command is not null)
            throw new ToolException("--exec needs connections, and datagrams have none", ExitStatus.Usage);
        await new DatagramService(socket, settings, _log).RunAsync(stop);
    }
}
