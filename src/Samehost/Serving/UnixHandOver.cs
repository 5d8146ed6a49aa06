using Samehost.Serving;

namespace Samehost;

/// <summary>
/// Lets a new process take over a running server: its listening socket and, if wanted, its live connections, over a local socket of their
/// own. No connect is refused on the way, because the listening socket never closes.
/// </summary>
/// <remarks>A successor that dies before it has confirmed changes nothing: the server goes on.</remarks>
/// <example><code>
/// // the running process
/// await using var server = UnixServer.Start(address, Serve);
/// await using var handOver = UnixHandOver.Offer(controlAddress, server);
/// await handOver.Completion; // a successor serves now, and our last handler has ended
/// // its successor
/// await using var takeOver = await UnixTakeOver.RequestAsync(controlAddress);
/// await using var server = UnixServer.Start(takeOver.Listener, Serve);
/// await takeOver.ConfirmAsync();
/// </code></example>
public sealed class UnixHandOver : IAsyncDisposable
{
    private readonly UnixSeqpacketListener _control;
    private readonly UnixServer _server;
    private readonly UnixHandOverOptions _options;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _serving;

    private UnixHandOver(UnixSeqpacketListener control, UnixServer server, UnixHandOverOptions options)
    {
        _control = control;
        _server = server;
        _options = options;
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Ends when a successor has taken over and this server has stopped; is canceled when the offer is withdrawn.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Waits for a successor at an address of its own.</summary>
    /// <param name="control">A path, only for the hand-over; 0600 and open to <see cref="UnixHandOverOptions.Successors"/> alone.</param>
    /// <param name="server">The server to hand over.</param>
    /// <param name="options">Who may take over, and what becomes of live connections.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    public static UnixHandOver Offer(UnixEndPoint control, UnixServer server, UnixHandOverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        options ??= UnixHandOverOptions.Default;
        var listener = UnixSeqpacketListener.Listen(control, new UnixListenerOptions { PeerPolicy = options.Successors, Backlog = 1 });
        return new UnixHandOver(listener, server, options);
    }

    /// <summary>Withdraws the offer; a server that was not handed over goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        _control.Dispose();
        await _serving.ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (!await ServeOneAsync().ConfigureAwait(false))
            {
            }

            await _server.StopAsync().ConfigureAwait(false);
            _completion.TrySetResult();
        }
        catch (Exception e) when (_ending.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            _completion.TrySetCanceled();
        }
#pragma warning disable CA1031 // handed on to whoever awaits the end
        catch (Exception e)
#pragma warning restore CA1031
        {
            _completion.TrySetException(e);
        }
    }

    /// <summary>One candidate; true when it has taken over.</summary>
    private async Task<bool> ServeOneAsync()
    {
        await using var control = await _control.AcceptAsync(_ending.Token).ConfigureAwait(false);
        IReadOnlyList<HandedConnection> given = [];
        bool paused = false;
        try
        {
            await Step(t => HandOverProtocol.ExpectAsync(control, HandOverProtocol.Take, t)).ConfigureAwait(false);
            await Step(t => control.SendAsync(Word(HandOverProtocol.Listener), [_server.ListenerHandle], t)).ConfigureAwait(false);
            await Step(t => HandOverProtocol.ExpectAsync(control, HandOverProtocol.Ready, t)).ConfigureAwait(false);

            paused = true;
            await _server.PauseAcceptingAsync().ConfigureAwait(false);
            if (_options.GiveConnections is { } give)
                given = await give(_ending.Token).ConfigureAwait(false);
            foreach (var connection in given)
            {
                var record = HandOverProtocol.ConnectionRecord(connection.State.Span);
                await Step(t => control.SendAsync(record, [connection.Stream.Handle], t)).ConfigureAwait(false);
            }

            await Step(t => HandOverProtocol.SendAsync(control, HandOverProtocol.Yours, t)).ConfigureAwait(false);
            await Step(t => HandOverProtocol.ExpectAsync(control, HandOverProtocol.Confirmed, t)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnixSocketException or OperationCanceledException)
        {
            if (given.Count > 0)
                _options.TakeConnectionsBack?.Invoke(given);
            if (paused)
                _server.ResumeAccepting();
            _ending.Token.ThrowIfCancellationRequested();
            _options.Failed?.Invoke(e);
            return false;
        }

        _server.LeaveAddress();
        _control.Dispose(); // its path is free for the successor's own offer
        foreach (var connection in given)
            connection.Stream.Dispose();
        try
        {
            await Step(t => HandOverProtocol.SendAsync(control, HandOverProtocol.Left, t)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UnixSocketException or OperationCanceledException)
        {
            // it has confirmed: the address is its own, whether it still listens to us or not
        }

        return true;
    }

    private static byte[] Word(string word) => System.Text.Encoding.ASCII.GetBytes(word);

    private async ValueTask Step(Func<CancellationToken, ValueTask> step)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(_options.StepTimeout);
        await step(limit.Token).ConfigureAwait(false);
    }
}
