using Samehost.Interop;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Connections;

/// <summary>
/// Copies both directions between a connection and the standard streams. The end of the input half-closes the connection, and further
/// output of the peer is still printed; the end of the peer's output ends the session only when the peer has closed or the input has ended.
/// </summary>
internal sealed class StdioSession(ToolConnection connection, IInputSource input, ReceivedOutput output, StdioSessionOptions options)
{
    private const int StreamBuffer = 256 * 1024;

    /// <summary>The longest record with the kernel's default limits.</summary>
    private const int RecordBuffer = 1024 * 1024;

    private volatile bool _hasReceived;
    private volatile bool _hasSent;

    /// <summary>Whether anything has come from the peer.</summary>
    public bool HasReceived => _hasReceived;

    /// <summary>Whether anything was sent.</summary>
    public bool HasSent => _hasSent;

    /// <summary>Whether the peer has closed before the end of the input, or at least before it could see that end.</summary>
    public bool IsClosedEarly { get; private set; }

    /// <summary>Copies until the session ends; the connection stays open.</summary>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var idle = new IdleTimer(options.IdleTimeout);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
        var receiving = ReceiveAsync(idle, ending.Token);
        var sending = SendAsync(receiving, idle, ending.Token);
        try
        {
            await Task.WhenAny(sending, receiving);
            if (sending.IsFaulted && !IsClosedByPeer(sending))
                await sending;
            if (sending.IsCompletedSuccessfully && options.Linger is { } linger)
                idle.Limit = linger;
            await receiving;
            IsClosedEarly |= !sending.IsCompleted;
            if (!sending.IsCompleted)
                await Task.WhenAny(sending, WaitForHangUpAsync(ending.Token));
            if (sending.IsFaulted)
                await sending;
        }
        catch (OperationCanceledException) when (idle.HasExpired && !cancellationToken.IsCancellationRequested)
        {
            if (options.Linger is null || !sending.IsCompletedSuccessfully)
                throw idle.Expired;
        }
        catch (IOException) when (IsClosedByPeer(sending))
        {
            // The error of the receive (a reset) follows from the one of the send.
        }
        finally
        {
            await ending.CancelAsync();
            _ = sending.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
            _ = receiving.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
        }
        if (IsClosedByPeer(sending))
        {
            throw new ClosedByPeerException(ErrorReport.Summary(sending.Exception!.InnerException!));
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task SendAsync(Task receiving, IdleTimer idle, CancellationToken cancellationToken)
    {
        while (await input.NextAsync(cancellationToken) is { } piece)
        {
            idle.Restart();
            await connection.SendAsync(piece, cancellationToken);
            _hasSent = true;
            idle.Restart();
        }
        // After an empty input, a server's end in answer to this one looks like a refusal of the client, so wait for a refusal first.
        if (!_hasSent && !_hasReceived && options.RefusalTime > TimeSpan.Zero)
        {
            await Task.WhenAny(receiving, Task.Delay(options.RefusalTime, cancellationToken));
            IsClosedEarly = receiving.IsCompleted;
        }
        if (options.HalfClose)
            connection.ShutdownSend();
    }

    private async Task ReceiveAsync(IdleTimer idle, CancellationToken cancellationToken)
    {
        using var buffer = new OnDemandBuffer(connection.PreservesMessages ? RecordBuffer : StreamBuffer);
        while (await connection.ReceiveAsync(buffer, cancellationToken) is var got && !connection.IsEnd(got))
        {
            idle.Restart();
            _hasReceived = true;
            output.Write(buffer.Received(got).Span);
            buffer.Return();
            idle.Restart();
        }
    }

    /// <summary>Waits until the peer has closed both directions: it may have shut down sending and still receive.</summary>
    private async Task WaitForHangUpAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() => LibcSocket.Shutdown(connection.Handle, LibcSocket.SHUT_RDWR));
        await Task.Factory.StartNew(
            () => LibcPoll.Wait(connection.Handle, events: 0, wake: null, LibcPoll.Forever),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static bool IsClosedByPeer(Task sending) =>
        sending.IsFaulted && Cause(sending.Exception!.InnerException!) is { Errno: Errno.EPIPE or Errno.ECONNRESET, Operation: not "read" };

    private static UnixSocketException? Cause(Exception error) =>
        error as UnixSocketException ?? error.InnerException as UnixSocketException;
}

/// <summary>The peer closed before it had read everything that was sent to it.</summary>
internal sealed class ClosedByPeerException(string message)
    : ToolException(message, Cli.ExitStatus.Failure, "The other side closed the connection before it had read everything.");

/// <summary>Options of a <see cref="StdioSession"/>.</summary>
internal sealed record StdioSessionOptions
{
    /// <summary>Whether the end of the input shuts down the sending direction.</summary>
    public bool HalfClose { get; init; } = true;

    /// <summary>How long the session may transfer nothing before it fails; null for no limit.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long to wait, behind an empty input and before its end is sent, whether the peer closes by itself.</summary>
    public TimeSpan RefusalTime { get; init; }

    /// <summary>For sockets without an end of stream: how long to receive after the end of the input.</summary>
    public TimeSpan? Linger { get; init; }
}

/// <summary>A timeout that restarts with each activity.</summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly CancellationTokenSource _expiry = new();
    private TimeSpan? _limit;

    public IdleTimer(TimeSpan? limit) => Limit = limit;

    /// <summary>Canceled when the timeout expires.</summary>
    public CancellationToken Token => _expiry.Token;

    /// <summary>The timeout; null for none.</summary>
    public TimeSpan? Limit
    {
        get => _limit;
        set
        {
            _limit = value;
            Restart();
        }
    }

    public bool HasExpired => _expiry.IsCancellationRequested;

    public ToolException Expired => new($"nothing was sent or received for {DurationText.Format(_limit ?? TimeSpan.Zero)}");

    public void Restart()
    {
        if (_limit is { } limit)
            _expiry.CancelAfter(limit);
    }

    public void Dispose() => _expiry.Dispose();
}
