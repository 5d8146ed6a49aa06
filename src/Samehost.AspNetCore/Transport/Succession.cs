using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>The hand-over of an endpoint from the process that serves it to the next one.</summary>
internal static class Succession
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks a running process for its listener; null when there is none.</summary>
    public static async Task<UnixTakeOver?> TryRequestAsync(UnixEndPoint control, UnixListenerOptions options, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Patience);
        try
        {
            return await UnixTakeOver.RequestAsync(control, options, null, limit.Token).ConfigureAwait(false);
        }
        catch (UnixSocketException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            return null; // the first of its kind
        }
    }

    /// <summary>Offers to successors.</summary>
    public static UnixHandOver Offer(UnixEndPoint control, UnixServer server, ILogger logger, string address) =>
        UnixHandOver.Offer(
            control, server, new UnixHandOverOptions { Failed = e => TransportEvents.HandOverFailed(logger, address, e) });
}
