namespace Samehost.Hosting;

/// <summary>Requests the handover of an endpoint from a running process, with time limits and retries.</summary>
internal static class HandoverRetry
{
    private const int MaxAttempts = 10;

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Accepts the handover of a server: starts the successor on the listener of the running process, and confirms that it serves.
    /// A handover that the predecessor breaks off is repeated.</summary>
    /// <returns>The successor, or <see langword="null"/> if no process offers a handover.</returns>
    /// <exception cref="TimeoutException">The predecessor does not answer.</exception>
    /// <exception cref="IOException">The predecessor breaks off every attempt.</exception>
    public static Task<TServer?> AcceptAsync<TServer>(
        UnixEndPoint endPoint, UnixListenerOptions options, Func<UnixAcceptedHandover, TServer> start, Action<Exception> onRetry,
        CancellationToken cancellationToken)
        where TServer : class, IAsyncDisposable
    {
        return RunAsync(TryAcceptAsync, onRetry, endPoint, cancellationToken);

        async Task<TServer?> TryAcceptAsync()
        {
            var handover = await TryRequestAsync(endPoint, options, cancellationToken).ConfigureAwait(false);
            if (handover is null)
                return null;
            await using (handover.ConfigureAwait(false))
            {
                var server = start(handover);
                try
                {
                    await RunStepAsync(endPoint, StepTimeout, handover.CompleteAsync, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    await server.DisposeAsync().ConfigureAwait(false);
                    throw;
                }

                return server;
            }
        }
    }

    /// <summary>Repeats a handover that the predecessor breaks off.</summary>
    /// <remarks>Most likely the predecessor is stopping: a moment later its address is free or belongs to another process.</remarks>
    /// <exception cref="IOException">The predecessor breaks off every attempt.</exception>
    private static async Task<T> RunAsync<T>(
        Func<Task<T>> handover, Action<Exception> onRetry, UnixEndPoint endPoint, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await handover().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnixSocketException { Errno: Errno.ECONNRESET or Errno.EPIPE })
            {
                if (attempt == MaxAttempts)
                {
                    throw new IOException(
                        $"The process that offers a handover at {endPoint} breaks it off each time: {e.Message} Its log may say why; "
                        + "end that process, then start again.", e);
                }

                onRetry(e);
            }

            await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Requests the listener of a running process.</summary>
    /// <returns>The handover, or <see langword="null"/> if no process offers one.</returns>
    /// <exception cref="TimeoutException">The predecessor does not answer.</exception>
    public static async Task<UnixAcceptedHandover?> TryRequestAsync(
        UnixEndPoint endPoint, UnixListenerOptions options, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        try
        {
            return await RunStepAsync(
                endPoint, timeout ?? StepTimeout, token => UnixHandover.AcceptAsync(endPoint, options, null, token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (UnixSocketException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            return null;
        }
    }

    private static async Task<T> RunStepAsync<T>(
        UnixEndPoint endPoint, TimeSpan timeout, Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return await step(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The process that offers a handover at {endPoint} has not answered within {timeout.TotalSeconds:0.###} s. Look whether "
                + "it is stopped or blocked; continue or end it, then start again.", e);
        }
    }
}
