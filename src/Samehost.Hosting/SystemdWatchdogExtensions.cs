using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.Hosting;

/// <summary>Adds the watchdog notifications of systemd (<c>WatchdogSec=</c>, systemd.service(5)) to the Generic Host.</summary>
public static class SystemdWatchdogExtensions
{
    /// <summary>Sends watchdog notifications while the application runs and is healthy; does nothing where systemd expects none.</summary>
    /// <remarks>They complete what <c>AddSystemd</c> of Microsoft.Extensions.Hosting.Systemd does, which notifies systemd of the start and
    /// the stop. Notifications are sent from the thread pool, so a process whose thread pool is blocked sends none.</remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="isHealthy">Is called before each notification, which is not sent if it returns false; null if the application always
    /// counts as healthy.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddSystemdWatchdog(this IServiceCollection services, Func<IServiceProvider, bool>? isHealthy = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHostedService(provider => new SystemdWatchdogService(
            isHealthy is null ? null : () => isHealthy(provider),
            provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILoggerFactory>()));
    }
}

/// <summary>Sends watchdog notifications from the end of the start until the end of the stop.</summary>
internal sealed partial class SystemdWatchdogService(
    Func<bool>? isHealthy, IHostApplicationLifetime application, ILoggerFactory loggerFactory) : BackgroundService
{
    private readonly ILogger _logger = loggerFactory.CreateLogger("Samehost.Hosting.SystemdWatchdog");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var notifier = SystemdNotifier.FromEnvironment();
        if (notifier.WatchdogInterval is null)
            return;
        // systemd counts from the notification of readiness, which is sent when the application has started.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registered = application.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
        var watchdog = notifier.StartWatchdog(isHealthy);
        await using (watchdog.ConfigureAwait(false))
        {
            Started(_logger, watchdog.Period);
            await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (watchdog.LastFailure is { } failure)
                Failed(_logger, failure);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Sending watchdog notifications to systemd every {Period}")]
    private static partial void Started(ILogger logger, TimeSpan period);

    [LoggerMessage(2, LogLevel.Warning, "The last watchdog notification to systemd failed")]
    private static partial void Failed(ILogger logger, Exception error);
}
