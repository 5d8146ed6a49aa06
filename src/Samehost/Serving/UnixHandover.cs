using Samehost.EventLoops;
using Samehost.Serving;

namespace Samehost;

/// <summary>
/// Lets a new process take over a running server: its listening socket and, if wanted, its live connections, over a local socket of their
/// own. No connect is refused on the way, because the listening socket never closes.
/// </summary>
/// <remarks>
/// <para>A successor that dies, keeps silent or gives up before it has confirmed changes nothing: the server goes on.</para>
/// <para>What was accepted before the handover is still served here, by handlers whose token tells that the server is stopping, for as
/// long as <see cref="UnixServerOptions.DrainTimeout"/> allows. A handler that has not answered yet should not go by its token at
/// once.</para>
/// </remarks>
/// <example><code>
/// // the running process
/// await using var server = UnixServer.Start(address, Serve);
/// await using var handover = UnixHandover.Offer(controlAddress, server);
/// await handover.Completion; // a successor serves now, and our last handler has ended
/// // its successor
/// await using var takeOver = await UnixTakeOver.RequestAsync(controlAddress);
/// await using var server = UnixServer.Start(takeOver.Listener, Serve);
/// await takeOver.ConfirmAsync();
/// </code></example>
public sealed class UnixHandover : IAsyncDisposable
{
    private const int MostCandidates = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly UnixSeqpacketListener _control;
    private readonly UnixServer _server;
    private readonly UnixHandoverOptions _options;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _room = new(MostCandidates);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _serving;
    private bool _taken;

    private UnixHandover(UnixSeqpacketListener control, UnixServer server, UnixHandoverOptions options)
    {
        _control = control;
        _server = server;
        _options = options;
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Ends when a successor has taken over and this server has stopped; is canceled when the offer is withdrawn or the server
    /// stopped by itself.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Waits for a successor at an address of its own.</summary>
    /// <param name="control">A path, only for the handover; 0600 and open to <see cref="UnixHandoverOptions.Successors"/> alone.</param>
    /// <param name="server">The server to hand over.</param>
    /// <param name="options">Who may take over, and what becomes of live connections.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    public static UnixHandover Offer(UnixEndPoint control, UnixServer server, UnixHandoverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        options ??= UnixHandoverOptions.Default;
        var listen = new UnixListenerOptions { PeerPolicy = options.Successors, Backlog = MostCandidates };
        return new UnixHandover(UnixSeqpacketListener.Listen(control, listen), server, options);
    }

    /// <summary>Withdraws the offer; a server that was not handed over goes on. After a handover it waits until the server has
    /// stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        try
        {
            using (_server.Stopping.UnsafeRegister(static ending => ((CancellationTokenSource)ending!).Cancel(), _ending))
                await AcceptAsync().ConfigureAwait(false);
            for (int i = 0; i < MostCandidates; i++)
                await _room.WaitAsync().ConfigureAwait(false); // all conversations have ended

            if (!_taken)
            {
                _completion.TrySetCanceled();
                return;
            }

            await _server.StopAsync().ConfigureAwait(false);
            _completion.TrySetResult();
        }
#pragma warning disable CA1031 // handed on to whoever awaits the end
        catch (Exception e)
#pragma warning restore CA1031
        {
            _completion.TrySetException(e);
        }
        finally
        {
            _control.Dispose();
        }
    }

    /// <summary>Accepts candidates until one has taken over or the offer ends.</summary>
    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                await _room.WaitAsync(_ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var candidate = await _control.AcceptAsync(_ending.Token).ConfigureAwait(false);
                _ = ServeAsync(candidate);
            }
            catch (UnixSocketException e)
            {
                _room.Release();
                Report(e);
                await Task.Delay(Pause).ConfigureAwait(false); // most likely for want of descriptors
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                _room.Release();
                return;
            }
        }
    }

    private async Task ServeAsync(UnixSeqpacket candidate)
    {
        try
        {
            var conversation = new HandoverExchange(candidate, _server, _options, _ending.Token);
            await conversation.PrepareAsync().ConfigureAwait(false);
            await _turn.WaitAsync(_ending.Token).ConfigureAwait(false);
            try
            {
                var given = await conversation.GiveAsync().ConfigureAwait(false);
                _taken = true;
                _control.Dispose(); // its path is free for the successor's own offer
                foreach (var connection in given)
                    connection.Stream.Dispose();
                await conversation.TellLeftAsync().ConfigureAwait(false);
                await _ending.CancelAsync().ConfigureAwait(false); // others have come too late
            }
            finally
            {
                _turn.Release();
            }
        }
#pragma warning disable CA1031 // whatever a candidate or a callback does, the server goes on
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_ending.IsCancellationRequested)
                Report(e);
        }
        finally
        {
            candidate.Dispose();
            _room.Release();
        }
    }

    /// <summary>Calls <see cref="UnixHandoverOptions.Failed"/> on the thread pool, since it may wait for the offer to end.</summary>
    private void Report(Exception e)
    {
        if (_options.Failed is { } failed)
            _ = ThreadPoolQueue.TryQueue(new FailedCall(failed, e));
    }

    private sealed class FailedCall(Action<Exception> failed, Exception failure) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            try
            {
                failed(failure);
            }
#pragma warning disable CA1031 // what the callback throws must not break what it is about
            catch (Exception e)
#pragma warning restore CA1031
            {
                EventHandlerErrors.Report($"{nameof(UnixHandoverOptions)}.{nameof(UnixHandoverOptions.Failed)}", e);
            }
        }
    }
}
