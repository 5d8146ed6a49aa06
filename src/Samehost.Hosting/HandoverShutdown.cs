using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Samehost.Hosting;

/// <summary>Stops the application when its successor has accepted the handover of every endpoint that is offered.</summary>
/// <remarks>The successor accepts one endpoint after the other; an endpoint that was closed in between would be lost to both.</remarks>
/// <param name="application">The lifetime of the application.</param>
/// <param name="timeout">How long to wait for the other endpoints after one was handed over, since a successor may want only some of
/// them; ten seconds when <see langword="null"/>.</param>
internal sealed class HandoverShutdown(IHostApplicationLifetime? application, TimeSpan? timeout = null)
{
    /// <summary>Adds the one instance of an application, which its servers and its web endpoints share.</summary>
    public static void AddTo(IServiceCollection services) => services.TryAddSingleton(
        static provider => new HandoverShutdown(provider.GetService<IHostApplicationLifetime>()));

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private readonly HashSet<object> _offered = [];
    private readonly Lock _lock = new();

    /// <summary>Whether all endpoints were bound; stays <see langword="false"/> if one could not be.</summary>
    public bool IsApplicationStarted => application?.ApplicationStarted.IsCancellationRequested != false;

    /// <summary>Records that an endpoint is offered to successors.</summary>
    public void OnOffered(object endpoint)
    {
        lock (_lock)
            _offered.Add(endpoint);
    }

    /// <summary>Records that the application closes an endpoint.</summary>
    public void OnWithdrawn(object endpoint)
    {
        lock (_lock)
            _offered.Remove(endpoint);
    }

    /// <summary>Records that an endpoint was handed over, and stops the application now or after the timeout.</summary>
    public void OnHandedOver(object endpoint)
    {
        bool isLast;
        lock (_lock)
        {
            _offered.Remove(endpoint);
            isLast = _offered.Count == 0;
        }

        if (isLast)
            application?.StopApplication();
        else
            _ = StopAfterTimeoutAsync();
    }

    private async Task StopAfterTimeoutAsync()
    {
        await Task.Delay(timeout ?? DefaultTimeout).ConfigureAwait(false);
        application?.StopApplication();
    }
}
