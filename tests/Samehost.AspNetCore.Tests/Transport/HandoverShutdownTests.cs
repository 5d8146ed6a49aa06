using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Samehost.Hosting;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>The stop of an application whose endpoints are handed over.</summary>
public sealed class HandoverShutdownTests
{
    private const int Limit = 60_000;

    private readonly object _one = new();
    private readonly object _two = new();

    [Fact]
    public void The_application_stops_at_once_when_its_last_endpoint_is_handed_over()
    {
        var application = new Application();
        var shutdown = Offering(application, Timeout.InfiniteTimeSpan);
        shutdown.OnHandedOver(_one);
        Assert.False(application.IsStopping);
        shutdown.OnHandedOver(_two);
        Assert.True(application.IsStopping);
    }

    [Fact]
    public void An_endpoint_that_the_application_has_closed_delays_no_stop()
    {
        var application = new Application();
        var shutdown = Offering(application, Timeout.InfiniteTimeSpan);
        shutdown.OnWithdrawn(_two);
        shutdown.OnHandedOver(_one);
        Assert.True(application.IsStopping);
    }

    [Fact(Timeout = Limit)]
    public async Task The_application_stops_after_the_timeout_when_its_successor_does_not_request_the_other_endpoints()
    {
        var application = new Application();
        var timeout = TimeSpan.FromMilliseconds(300);
        var shutdown = Offering(application, timeout);
        var start = Stopwatch.GetTimestamp();
        shutdown.OnHandedOver(_one);
        await application.Stopping;
        Assert.True(Stopwatch.GetElapsedTime(start) > timeout / 2, "It did not wait.");
    }

    private HandoverShutdown Offering(Application application, TimeSpan timeout)
    {
        var shutdown = new HandoverShutdown(application, timeout);
        shutdown.OnOffered(_one);
        shutdown.OnOffered(_two);
        return shutdown;
    }

    private sealed class Application : IHostApplicationLifetime
    {
        private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stopping => _stopping.Task;

        public bool IsStopping => _stopping.Task.IsCompleted;

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.TrySetResult();
    }
}
