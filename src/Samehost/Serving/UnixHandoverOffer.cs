using System.Runtime.InteropServices;
using Samehost.EventLoops;
using Samehost.Serving;

namespace Samehost;

/// <summary>Represents the offer of a server to successors; see <see cref="UnixHandover"/>.</summary>
public sealed class UnixHandoverOffer : IAsyncDisposable
{
    private const int MaxCandidates = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly UnixSeqpacketListener _control;
    private readonly UnixServer _server;
    private readonly UnixHandoverOptions _options;
    private readonly CancellationTokenSource _canceled = new();
    private readonly SemaphoreSlim _freeCandidates = new(MaxCandidates);
    private readonly SemaphoreSlim _exclusive = new(1);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _serving;
    private bool _isCompleted;

    private UnixHandoverOffer(UnixSeqpacketListener control, UnixServer server, UnixHandoverOptions options)
    {
        _control = control;
        _server = server;
        _options = options;
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Gets a task that completes when a successor has completed the handover and this server has stopped; it is canceled when
    /// the offer is withdrawn or the server is stopped otherwise.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Withdraws the offer; a server that was not handed over continues. After a handover it waits until the server has
    /// stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await _canceled.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
    }

    internal static UnixHandoverOffer Start(UnixEndPoint control, UnixServer server, UnixHandoverOptions options)
    {
        var listen = new UnixListenerOptions { PeerPolicy = options.SuccessorPolicy, Backlog = MaxCandidates };
        return new UnixHandoverOffer(UnixSeqpacketListener.Listen(control, listen), server, options);
    }

    private async Task ServeAsync()
    {
        try
        {
            using (_server.Stopping.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _canceled))
                await AcceptAsync().ConfigureAwait(false);
            for (var i = 0; i < MaxCandidates; i++)
                await _freeCandidates.WaitAsync().ConfigureAwait(false); // all candidates have been served

            if (!_isCompleted)
            {
                _completion.TrySetCanceled();
                return;
            }

            await _server.StopAsync().ConfigureAwait(false);
            _completion.TrySetResult();
        }
#pragma warning disable CA1031 // the task reports it
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

    /// <summary>Accepts candidates until one has completed the handover or the offer ends.</summary>
    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                await _freeCandidates.WaitAsync(_canceled.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var candidate = await _control.AcceptAsync(_canceled.Token).ConfigureAwait(false);
                _ = ServeAsync(candidate);
            }
            catch (UnixSocketException e)
            {
                _freeCandidates.Release();
                Report(e);
                await Task.Delay(Pause).ConfigureAwait(false); // most likely there are no free descriptors
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                _freeCandidates.Release();
                return;
            }
        }
    }

    private async Task ServeAsync(UnixSeqpacket candidate)
    {
        try
        {
            var exchange = new HandoverExchange(candidate, _server, _options, _canceled.Token);
            await exchange.PrepareAsync().ConfigureAwait(false);
            await _exclusive.WaitAsync(_canceled.Token).ConfigureAwait(false);
            try
            {
                var offered = await exchange.HandOverAsync().ConfigureAwait(false);
                _isCompleted = true;
                _control.Dispose(); // its path is free for the successor's own offer
                foreach (var connection in offered)
                    connection.Stream.Dispose();
                await exchange.AcknowledgeAsync().ConfigureAwait(false);
                await _canceled.CancelAsync().ConfigureAwait(false); // other candidates are too late
            }
            finally
            {
                _exclusive.Release();
            }
        }
#pragma warning disable CA1031 // a failure of a candidate or a callback does not affect the server
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_canceled.IsCancellationRequested)
                Report(e);
        }
        finally
        {
            candidate.Dispose();
            _freeCandidates.Release();
        }
    }

    /// <summary>Calls <see cref="UnixHandoverOptions.OnFailed"/> on the thread pool, since it may wait for the offer to end.</summary>
    private void Report(Exception e)
    {
        if (_options.OnFailed is { } failed)
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
#pragma warning disable CA1031 // an exception of the callback must not affect the offer
            catch (Exception e)
#pragma warning restore CA1031
            {
                EventHandlerErrors.Report($"{nameof(UnixHandoverOptions)}.{nameof(UnixHandoverOptions.OnFailed)}", e);
            }
        }
    }
}

/// <summary>The predecessor's side of a handover to one candidate; see <see cref="HandoverProtocol"/>.</summary>
internal sealed class HandoverExchange(
    UnixSeqpacket candidate, UnixServer server, UnixHandoverOptions options, CancellationToken cancellationToken)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Shares the listening socket and waits until the candidate is ready to serve.</summary>
    /// <remarks>That does not affect the server, so several candidates may do it at the same time, and one that does not answer blocks no
    /// other.</remarks>
    public async Task PrepareAsync()
    {
        await ExpectAsync(HandoverProtocol.Request, AnswerTimeout).ConfigureAwait(false);
        var record = HandoverProtocol.Record(HandoverProtocol.Listener, server.ShareListener().Span);
        await SendAsync(HandoverProtocol.Listener, record, server.ListenerHandle).ConfigureAwait(false);
        await ExpectAsync(HandoverProtocol.Ready, options.StepTimeout).ConfigureAwait(false);
    }

    /// <summary>Hands the server over. If it throws, the server continues as before.</summary>
    /// <returns>The connections that the candidate owns now, to be closed in this process.</returns>
    public async Task<IReadOnlyList<UnixHandoverConnection>> HandOverAsync()
    {
        IReadOnlyList<UnixHandoverConnection> offered = [];
        var hasAsked = false;
        var isReleased = false;
        try
        {
            await server.PauseAcceptingAsync().ConfigureAwait(false);
            if (options.OfferConnections is { } offerConnections)
            {
                hasAsked = true;
                await StepAsync(
                    nameof(options.OfferConnections),
                    async t => offered = await offerConnections(t).ConfigureAwait(false),
                    options.StepTimeout).ConfigureAwait(false);
            }

            foreach (var connection in offered)
            {
                var record = HandoverProtocol.Record(HandoverProtocol.Connection, connection.State.Span);
                await SendAsync(HandoverProtocol.Connection, record, connection.Stream.SafeHandle).ConfigureAwait(false);
            }

            await StepAsync(HandoverProtocol.Commit, t => HandoverProtocol.SendAsync(candidate, HandoverProtocol.Commit, t), AnswerTimeout)
                .ConfigureAwait(false);
            await ExpectAsync(HandoverProtocol.Confirmed, AnswerTimeout).ConfigureAwait(false);
            isReleased = server.TryReleasePath();
            return isReleased ? offered : throw new IOException("The server was stopped while it was handed over.");
        }
        finally
        {
            if (!isReleased)
                Restore(hasAsked ? offered : null);
        }
    }

    /// <summary>Acknowledges the confirmation. From here on nothing cancels the handover, not even the end of the offer.</summary>
    public async Task AcknowledgeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(HandoverProtocol.MaxAnswerTime);
            await HandoverProtocol.SendAsync(candidate, HandoverProtocol.Released, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UnixSocketException or OperationCanceledException)
        {
            // it has confirmed, so it owns the address in any case
        }
    }

    private TimeSpan AnswerTimeout =>
        options.StepTimeout < HandoverProtocol.MaxAnswerTime ? options.StepTimeout : HandoverProtocol.MaxAnswerTime;

    private ValueTask ExpectAsync(string word, TimeSpan time) =>
        StepAsync(word, t => HandoverProtocol.ExpectAsync(candidate, word, t), time);

    /// <summary>Sends a record with a descriptor; waits while the user has too many descriptors in flight (ETOOMANYREFS,
    /// unix(7)).</summary>
    private ValueTask SendAsync(string word, byte[] record, SafeHandle descriptor) => StepAsync(
        word,
        async t =>
        {
            while (true)
            {
                try
                {
                    await candidate.SendAsync(record, [descriptor], t).ConfigureAwait(false);
                    return;
                }
                catch (UnixSocketException e) when (e.Errno == Errno.ETOOMANYREFS)
                {
                    await Task.Delay(Pause, t).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (t.IsCancellationRequested)
                        throw; // more informative than a timeout
                }
            }
        },
        AnswerTimeout);

    private void Restore(IReadOnlyList<UnixHandoverConnection>? offered)
    {
        try
        {
            if (offered is not null)
                options.RestoreConnections?.Invoke(offered);
        }
        finally
        {
            server.ResumeAccepting();
        }
    }

    private async ValueTask StepAsync(string name, Func<CancellationToken, ValueTask> step, TimeSpan time)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(time);
        try
        {
            await step(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The step '{name}' of the handover took longer than {time.TotalSeconds:0.###} s.", e);
        }
    }
}
