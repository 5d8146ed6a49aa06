using Microsoft.Extensions.Hosting;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// Tells the application to stop when a successor has taken over whatever can be taken over. It comes for one endpoint after the other, and
/// one that closed in between would be lost to both.
/// </summary>
internal sealed class Retirement(IHostApplicationLifetime? application)
{
    // A successor may want fewer endpoints than there are.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HashSet<UnixConnectionListener> _offered = [];

    /// <summary>An endpoint can be taken over from now on.</summary>
    public void Offered(UnixConnectionListener endpoint)
    {
        lock (_offered)
            _offered.Add(endpoint);
    }

    /// <summary>An endpoint is closed by the application.</summary>
    public void Withdrawn(UnixConnectionListener endpoint)
    {
        lock (_offered)
            _offered.Remove(endpoint);
    }

    /// <summary>An endpoint was taken over.</summary>
    public void HandedOver(UnixConnectionListener endpoint)
    {
        bool isLast;
        lock (_offered)
        {
            _offered.Remove(endpoint);
            isLast = _offered.Count == 0;
        }

        if (isLast)
            application?.StopApplication();
        else
            _ = StopLaterAsync();
    }

    private async Task StopLaterAsync()
    {
        await Task.Delay(Patience).ConfigureAwait(false);
        application?.StopApplication();
    }
}
