using Samehost.Tool.Cli;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Connections;

/// <summary>
/// Both directions between a connection and the standard streams. The end of the input half-closes, and what the peer still says is
/// printed; the end of what the peer says ends it all only when the peer is gone or our input is over.
/// </summary>
internal sealed class StdioSession(ToolConnection connection, IInputSource input, ReceivedOutput output, StdioSessionOptions options)
{
    private const int StreamBuffer = 256 * 1024;

    /// <summary>No record is longer with the kernel's usual limits.</summary>
    private const int RecordBuffer = 1024 * 1024;

    /// <summary>Ends when the conversation has; the connection stays open.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var idle = new IdleTimer(options.IdleTimeout);
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
                ErrorReport.Summary(sending.Exception!.InnerException!), ExitStatus.Failure,
                "The other side closed the connection before it had read everything.");
        stop.ThrowIfCancellationRequested();
    }

    private async Task SendAsync(IdleTimer idle, CancellationToken stop)
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

    private async Task ReceiveAsync(IdleTimer idle, CancellationToken stop)
    {
        using var buffer = new OnDemandBuffer(connection.KeepsRecords ? RecordBuffer : StreamBuffer);
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

/// <summary>How a conversation ends.</summary>
internal sealed record StdioSessionOptions
{
    /// <summary>Whether the end of the input ends our sending direction; otherwise the peer is not told.</summary>
    public bool HalfCloses { get; init; } = true;

    /// <summary>Fails when nothing has come or gone for so long.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Where a peer has no way to end: how long to wait for more once the input has ended.</summary>
    public TimeSpan? Linger { get; init; }
}

/// <summary>A deadline that begins anew whenever something happens.</summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly CancellationTokenSource _expiry = new();
    private TimeSpan? _limit;

    public IdleTimer(TimeSpan? limit) => Limit = limit;

    /// <summary>Cancelled when nothing has happened for the time.</summary>
    public CancellationToken Token => _expiry.Token;

    /// <summary>The time; none when null.</summary>
    public TimeSpan? Limit
    {
        get => _limit;
        set
        {
            _limit = value;
            Touch();
        }
    }

    public bool HasExpired => _expiry.IsCancellationRequested;

    public ToolException Expired => new($"nothing came or went for {DurationText.Format(_limit ?? TimeSpan.Zero)}");

    public void Touch()
    {
        if (_limit is { } limit)
            _expiry.CancelAfter(limit);
    }

    public void Dispose() => _expiry.Dispose();
}
