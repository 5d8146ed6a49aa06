using Samehost.Tool.Transfer;

namespace Samehost.Tool.Serving;

/// <summary><c>--echo</c>: everything is sent back.</summary>
internal sealed class EchoService(ServeSettings settings, ServeLog log) : Service
{
    private const int StreamBuffer = 32 * 1024;
    private const int RecordBuffer = 256 * 1024;

    public override async Task ServeAsync(ToolConnection connection, Caller caller, CancellationToken closing)
    {
        log.Note($"connected: {caller}");
        using var idle = new IdleClock(settings.IdleTimeout);
        using var limit = new IdleClock(settings.TimeLimit);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, limit.Token);
        // What has arrived is still answered.
        using var stop = closing.Register(connection.StopReading);
        using var buffer = new LentBuffer(connection.KeepsRecords ? RecordBuffer : StreamBuffer);
        try
        {
            while (await connection.ReceiveAsync(buffer, over.Token) is >= 0 and int got)
            {
                await connection.SendAsync(buffer.Received(got), over.Token);
                buffer.Return();
                idle.Touch();
            }
            log.Note($"ended: {caller}");
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            log.Note($"closed for its {(idle.HasExpired ? "idleness" : "length")}: {caller}");
        }
    }
}
