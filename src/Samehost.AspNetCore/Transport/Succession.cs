using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>The hand-over of an endpoint from the process that serves it to the next one.</summary>
internal static class Succession
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

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
    public static UnixHandOver Offer(UnixEndPoint control, UnixServer server, ILogger logger, string address) =>
        UnixHandOver.Offer(
            control, server, new UnixHandOverOptions { Failed = e => TransportEvents.HandOverFailed(logger, address, e) });

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
                $"The process that offers a hand-over at {control} has not answered within {patience.TotalSeconds:0.###} s. Look whether "
                + "it is stopped or stuck; let it go on or end it, and start again.", e);
        }
    }
}
