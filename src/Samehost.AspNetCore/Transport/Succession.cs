using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>The handover of an endpoint from the process that serves it to the next one.</summary>
internal static class Succession
{
    private const int Attempts = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Repeats a succession that a predecessor breaks off. Most likely it is being stopped: a moment later its address is free, or somebody
    /// else's.
    /// </summary>
    /// <exception cref="IOException">It lives, and breaks off again and again.</exception>
    public static async Task<T> RepeatAsync<T>(
        Func<Task<T>> succeed, Action<Exception> brokenOff, UnixEndPoint control, CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await succeed().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnixSocketException { Errno: Errno.ECONNRESET or Errno.EPIPE })
            {
                if (attempt == Attempts)
                {
                    throw new IOException(
                        $"The process that offers a handover at {control} breaks it off each time: {e.Message} Its log may say why; "
                        + "end it, and start again.", e);
                }

                brokenOff(e);
            }

            await Task.Delay(Pause, token).ConfigureAwait(false);
        }
    }

    /// <summary>Asks a running process for its listener; null when there is none.</summary>
    /// <exception cref="TimeoutException">There is one, which does not answer.</exception>
    public static async Task<UnixTakeOver?> TryRequestAsync(
        UnixEndPoint control, UnixListenerOptions options, CancellationToken token, TimeSpan? patience = null)
    {
        try
        {
            return await WithinAsync(
                control, patience ?? Patience, t => UnixTakeOver.RequestAsync(control, options, null, t), token).ConfigureAwait(false);
        }
        catch (UnixSocketException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            return null; // the first of its kind
        }
    }

    /// <summary>Tells it that we serve now.</summary>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public static Task ConfirmAsync(UnixTakeOver takeOver, UnixEndPoint control, CancellationToken token) =>
        WithinAsync(control, Patience, takeOver.ConfirmAsync, token);

    /// <summary>Offers to successors.</summary>
    public static UnixHandover Offer(UnixEndPoint control, UnixServer server, ILogger logger, string address) =>
        UnixHandover.Offer(
            control, server, new UnixHandoverOptions { Failed = e => TransportEvents.HandoverFailed(logger, address, e) });

    private static async Task<T> WithinAsync<T>(
        UnixEndPoint control, TimeSpan patience, Func<CancellationToken, Task<T>> step, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(patience);
        try
        {
            return await step(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The process that offers a handover at {control} has not answered within {patience.TotalSeconds:0.###} s. Look whether "
                + "it is stopped or stuck; let it go on or end it, and start again.", e);
        }
    }
}
