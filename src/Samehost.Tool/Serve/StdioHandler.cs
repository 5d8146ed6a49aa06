using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Serve;

/// <summary>
/// Standard input to the clients, and what they say to standard output: to one, after which it is over, or with --keep to all that
/// are there.
/// </summary>
internal sealed class StdioHandler(ServeSettings settings, ServeLog log, CancellationToken stop) : ConnectionHandler
{
    private readonly StdinBroadcast _broadcast = new(log);
    private ReceivedOutput? _output;

    public override async Task ServeAsync(ToolConnection connection, ClientInfo caller, CancellationToken closing)
    {
        bool records = connection.KeepsRecords;
        ReceivedOutput output = _output ??= new ReceivedOutput(records, settings.IsHex);
        log.Note($"connected: {caller}");
        var options = new StdioSessionOptions { IdleTimeout = settings.IdleTimeout };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (settings.TimeLimit is { } limit)
            over.CancelAfter(limit);
        try
        {
            if (settings.IsForOne)
                await new StdioSession(connection, Input(records), output, options).RunAsync(over.Token);
            else
                await JoinAsync(connection, () => Input(records), output, options, closing);
            log.Note($"ended: {caller}");
            if (settings.IsForOne)
                End();
        }
        catch (OutputException error)
        {
            End(error);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            log.Note($"closed for its length: {caller}");
            if (settings.IsForOne)
            {
                string time = DurationText.Format(settings.TimeLimit!.Value);
                End(new ToolException($"the connection has lasted {time}, its time limit"));
            }
        }
        catch (Exception error) when (settings.IsForOne)
        {
            End(error);
        }
    }

    private async Task JoinAsync(
        ToolConnection connection, Func<IInputSource> input, ReceivedOutput output, StdioSessionOptions options, CancellationToken closing)
    {
        using var over = new CancellationTokenSource();
        if (settings.TimeLimit is { } limit)
            over.CancelAfter(limit);
        BroadcastSubscriber member = _broadcast.Join(input, stop);
        try
        {
            // What has arrived is still printed.
            await using var _ = closing.Register(() =>
            {
                connection.StopReading();
                member.End();
            });
            await new StdioSession(connection, member, output, options).RunAsync(over.Token);
        }
        finally
        {
            _broadcast.Leave(member);
        }
    }

    private IInputSource Input(bool records) => records || settings.IsHex ? new LineInput(settings.IsHex) : new RawInput();
}
