using System.Runtime.InteropServices;

namespace Samehost.Serving;

/// <summary>The predecessor's side of a handover with one candidate; see <see cref="HandoverProtocol"/>.</summary>
internal sealed class HandoverExchange(
    UnixSeqpacket candidate, UnixServer server, UnixHandoverOptions options, CancellationToken ending)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Shares the listening socket and waits until the candidate is ready to serve. That changes nothing here, so several candidates may be
    /// at it at once, and one that keeps silent is in nobody's way.
    /// </summary>
    public async Task PrepareAsync()
    {
        await ExpectAsync(HandoverProtocol.Take, Answer).ConfigureAwait(false);
        var record = HandoverProtocol.Record(HandoverProtocol.Listener, server.ShareListener().Span);
        await SendAsync(HandoverProtocol.Listener, record, server.ListenerHandle).ConfigureAwait(false);
        await ExpectAsync(HandoverProtocol.Ready, options.StepTimeout).ConfigureAwait(false);
    }

    /// <summary>Hands over. When it throws, everything is as it was before.</summary>
    /// <returns>The connections that were given: the candidate's now, to be closed here.</returns>
    public async Task<IReadOnlyList<HandoverConnection>> GiveAsync()
    {
        IReadOnlyList<HandoverConnection> given = [];
        bool asked = false;
        bool left = false;
        try
        {
            await server.PauseAcceptingAsync().ConfigureAwait(false);
            if (options.GiveConnections is { } give)
            {
                asked = true;
                await Step(nameof(options.GiveConnections), async t => given = await give(t).ConfigureAwait(false), options.StepTimeout)
                    .ConfigureAwait(false);
            }

            foreach (var connection in given)
            {
                var record = HandoverProtocol.Record(HandoverProtocol.Connection, connection.State.Span);
                await SendAsync(HandoverProtocol.Connection, record, connection.Stream.Handle).ConfigureAwait(false);
            }

            await Step(HandoverProtocol.Yours, t => HandoverProtocol.SendAsync(candidate, HandoverProtocol.Yours, t), Answer)
                .ConfigureAwait(false);
            await ExpectAsync(HandoverProtocol.Confirmed, Answer).ConfigureAwait(false);
            left = server.TryLeave();
            return left ? given : throw new IOException("The server was stopped while it was handed over.");
        }
        finally
        {
            if (!left)
                GoOn(asked ? given : null);
        }
    }

    /// <summary>Tells the successor that it was heard. From here on nothing calls the handover off, not even the end of the
    /// offer.</summary>
    public async Task TellLeftAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(HandoverProtocol.AnswerTime);
            await HandoverProtocol.SendAsync(candidate, HandoverProtocol.Left, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UnixSocketException or OperationCanceledException)
        {
            // it has confirmed: the address is its own, whether it still listens to us or not
        }
    }

    private TimeSpan Answer => options.StepTimeout < HandoverProtocol.AnswerTime ? options.StepTimeout : HandoverProtocol.AnswerTime;

    private ValueTask ExpectAsync(string word, TimeSpan time) =>
        Step(word, t => HandoverProtocol.ExpectAsync(candidate, word, t), time);

    /// <summary>
    /// Sends a record with a descriptor. An ordinary user's processes may have only so many on their way, all together: where others have
    /// used that up, theirs have to arrive first.
    /// </summary>
    private ValueTask SendAsync(string word, byte[] record, SafeHandle descriptor) => Step(
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
                        throw; // says more than that the time is over
                }
            }
        },
        Answer);

    private void GoOn(IReadOnlyList<HandoverConnection>? given)
    {
        try
        {
            if (given is not null)
                options.TakeConnectionsBack?.Invoke(given);
        }
        finally
        {
            server.ResumeAccepting();
        }
    }

    private async ValueTask Step(string name, Func<CancellationToken, ValueTask> step, TimeSpan time)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ending);
        limit.CancelAfter(time);
        try
        {
            await step(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !ending.IsCancellationRequested)
        {
            throw new TimeoutException($"The step '{name}' of the handover took longer than {time.TotalSeconds:0.###} s.", e);
        }
    }
}
