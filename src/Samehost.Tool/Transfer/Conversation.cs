using Samehost.Tool.Commands;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Transfer;

/// <summary>
/// Both directions between a connection and the standard streams. The end of the input half-closes, and what the peer still says is
/// printed; the end of what the peer says ends it all only when the peer is gone or our input is over.
/// </summary>
internal sealed class Conversation(ToolConnection connection, IInput input, ReceivedOutput output, ConversationOptions options)
{
    private const int StreamBuffer = 256 * 1024;

    /// <summary>No record is longer with the kernel's usual limits.</summary>
    private const int RecordBuffer = 1024 * 1024;

    /// <summary>Ends when the conversation has; the connection stays open.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var idle = new IdleClock(options.IdleTimeout);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, idle.Token);
        Task sending = SendAsync(idle, ending.Token);
        Task receiving = ReceiveAsync(idle, ending.Token);
        try
        {
            await Task.WhenAny(sending, receiving);
            if (sending.IsFaulted && !IsClosedByPeer(sending))
                await sending;
            if (sending.IsCompletedSuccessfully && options.Linger is { } linger)
                idle.Limit = linger;
            await receiving;
            if (!sending.IsCompleted)
                await Task.WhenAny(sending, HangUpAsync(ending.Token));
            if (sending.IsFaulted)
                await sending;
        }
        catch (OperationCanceledException) when (idle.HasExpired && !stop.IsCancellationRequested)
        {
            if (options.Linger is null || !sending.IsCompletedSuccessfully)
                throw idle.Expired;
        }
        catch (IOException) when (IsClosedByPeer(sending))
        {
            // What came back is an effect (a reset) of what sending met.
        }
        finally
        {
            await ending.CancelAsync();
            _ = sending.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
            _ = receiving.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
        }
        if (IsClosedByPeer(sending))
            throw new ToolException(
                Failure.Summary(sending.Exception!.InnerException!), ExitStatus.Failed,
                "The other side closed the connection before it had read everything.");
        stop.ThrowIfCancellationRequested();
    }

    private async Task SendAsync(IdleClock idle, CancellationToken stop)
    {
        while (await input.NextAsync(stop) is { } piece)
        {
            idle.Touch();
            await connection.SendAsync(piece, stop);
            idle.Touch();
        }
        if (options.HalfCloses)
            connection.EndSending();
    }

    private async Task ReceiveAsync(IdleClock idle, CancellationToken stop)
    {
        using var buffer = new LentBuffer(connection.KeepsRecords ? RecordBuffer : StreamBuffer);
        while (await connection.ReceiveAsync(buffer, stop) is >= 0 and int got)
        {
            idle.Touch();
            output.Write(buffer.Received(got).Span);
            buffer.Return();
            idle.Touch();
        }
    }

    /// <summary>Waits until the peer has closed altogether: it may have ended its direction and still read ours.</summary>
    private async Task HangUpAsync(CancellationToken stop)
    {
        await using var hangUp = stop.Register(() => LibcConnection.HangUp(connection.Handle));
        await Task.Factory.StartNew(
            () => LibcConnection.WaitForHangUp(connection.Handle),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        stop.ThrowIfCancellationRequested();
    }

    private static bool IsClosedByPeer(Task sending) =>
        sending.IsFaulted && Cause(sending.Exception!.InnerException!) is { Errno: Errno.EPIPE or Errno.ECONNRESET, Operation: not "read" };

    private static UnixSocketException? Cause(Exception error) =>
        error as UnixSocketException ?? error.InnerException as UnixSocketException;
}
