namespace Samehost;

/// <summary>Sends watchdog notifications at half the interval that the service manager expects (sd_watchdog_enabled(3)), until it is
/// disposed.</summary>
/// <remarks>They are sent from the thread pool, so a process whose thread pool is blocked sends none.</remarks>
public sealed class SystemdWatchdog : IAsyncDisposable
{
    // The limits of the runtime's timers; those of systemd are narrower.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private static readonly string[] Notification = ["WATCHDOG=1"];

    private readonly SystemdNotifier _notify;
    private readonly Func<bool>? _isHealthy;
    private readonly PeriodicTimer? _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pinging = Task.CompletedTask;
    private Exception? _lastFailure;

    internal SystemdWatchdog(SystemdNotifier notify, Func<bool>? isHealthy, TimeProvider time)
    {
        _notify = notify;
        _isHealthy = isHealthy;
        if (notify.WatchdogInterval is not { } interval)
            return;
        var half = interval / 2;
        Period = half < Shortest ? Shortest : half > Longest ? Longest : half;
        _timer = new PeriodicTimer(Period, time);
        _pinging = PingAsync(_timer);
    }

    /// <summary>Gets a value that indicates whether notifications are sent; false if the service manager expects none from this
    /// process.</summary>
    public bool IsRunning => _timer is not null && !_pinging.IsCompleted;

    /// <summary>Gets the time between two notifications: half the interval, at least a millisecond; zero if none are sent.</summary>
    public TimeSpan Period { get; }

    /// <summary>Gets the exception of the last notification, from sending or from the health check; null if it was sent, or not sent
    /// because the health check returned false.</summary>
    public Exception? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>Stops; a notification that waits because the manager's queue is full is not sent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        _timer?.Dispose();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _pinging.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task PingAsync(PeriodicTimer timer)
    {
        do
        {
            try
            {
                if (_isHealthy?.Invoke() ?? true)
                    await _notify.SendAsync(Notification, cancellationToken: _stop.Token).ConfigureAwait(false);
                Volatile.Write(ref _lastFailure, null);
            }
            catch (Exception e)
            {
                Volatile.Write(ref _lastFailure, e);
            }
        }
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false));
    }
}
