using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Serve;

/// <summary>Connects standard input and output with one client, after which the command ends, or with all clients (--keep).</summary>
internal sealed class StdioHandler(ServeSettings settings, ServeLog log, CancellationToken cancellationToken) : ConnectionHandler
{
    private readonly StdinBroadcast _broadcast = new(log);
    private ReceivedOutput? _output;

    public override async Task ServeAsync(ToolConnection connection, ClientInfo client, CancellationToken stoppingToken)
    {
        var records = connection.PreservesMessages;
        var output = _output ??= new ReceivedOutput(records, settings.IsHex);
        log.Verbose($"connected: {client}");
        var options = new StdioSessionOptions { IdleTimeout = settings.IdleTimeout };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (settings.TimeLimit is { } limit)
            timeout.CancelAfter(limit);
        try
        {
            if (settings.IsSingleClient)
                await new StdioSession(connection, Input(records), output, options).RunAsync(timeout.Token);
            else
                await BroadcastAsync(connection, () => Input(records), output, options, stoppingToken);
            log.Verbose($"ended: {client}");
            if (settings.IsSingleClient)
                Complete();
        }
        catch (OutputException error)
        {
            Complete(error);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            log.Verbose($"closed at its time limit: {client}");
            if (settings.IsSingleClient)
            {
                var time = DurationText.Format(settings.TimeLimit!.Value);
                Complete(new ToolException($"the connection has lasted {time}, its time limit"));
            }
        }
        catch (Exception error) when (settings.IsSingleClient)
        {
            Complete(error);
        }
    }

    private async Task BroadcastAsync(
        ToolConnection connection, Func<IInputSource> input, ReceivedOutput output, StdioSessionOptions options,
        CancellationToken stoppingToken)
    {
        using var timeout = new CancellationTokenSource();
        if (settings.TimeLimit is { } limit)
            timeout.CancelAfter(limit);
        var subscriber = _broadcast.Subscribe(input, cancellationToken);
        try
        {
            // Data that has arrived is still printed.
            await using var _ = stoppingToken.Register(() =>
            {
                connection.ShutdownReceive();
                subscriber.Complete();
            });
            await new StdioSession(connection, subscriber, output, options).RunAsync(timeout.Token);
        }
        finally
        {
            _broadcast.Unsubscribe(subscriber);
        }
    }

    private IInputSource Input(bool records) => records || settings.IsHex ? new LineInput(settings.IsHex) : new RawInput();
}
