using Microsoft.Extensions.Hosting;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// Tells the application to stop when a successor has taken over whatever can be taken over. It comes for one endpoint after the other, and
/// one that closed in between would be lost to both.
/// </summary>
/// <param name="application">The application.</param>
/// <param name="patience">How long to wait for the others after one was taken over: a successor may want fewer endpoints than there are.
/// Ten seconds when null.</param>
internal sealed class Retirement(IHostApplicationLifetime? application, TimeSpan? patience = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HashSet<object> _offered = [];

    /// <summary>False until all endpoints are there, and for good where one could not be bound.</summary>
    public bool HasStarted => application?.ApplicationStarted.IsCancellationRequested != false;

    /// <summary>An endpoint can be taken over from now on.</summary>
    public void Offered(object endpoint)
    {
        lock (_offered)
            _offered.Add(endpoint);
    }

    /// <summary>An endpoint is closed by the application.</summary>
    public void Withdrawn(object endpoint)
    {
        lock (_offered)
            _offered.Remove(endpoint);
    }

    /// <summary>An endpoint was taken over.</summary>
    public void HandedOver(object endpoint)
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
        await Task.Delay(patience ?? Patience).ConfigureAwait(false);
        application?.StopApplication();
    }
}
