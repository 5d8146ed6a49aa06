namespace Samehost;

/// <summary>Gives signs of life at half the interval that the manager expects, until disposed of (sd_watchdog_enabled(3)).</summary>
/// <remarks>They come from the thread pool: a process whose pool is stuck gives none, as it should.</remarks>
public sealed class SystemdWatchdog : IAsyncDisposable
{
    // What the runtime's timers can do; systemd's own limits are far inside.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private static readonly string[] SignOfLife = ["WATCHDOG=1"];

    private readonly SystemdNotify _notify;
    private readonly Func<bool>? _isHealthy;
    private readonly PeriodicTimer? _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pinging = Task.CompletedTask;
    private Exception? _lastFailure;

    internal SystemdWatchdog(SystemdNotify notify, Func<bool>? isHealthy, TimeProvider time)
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

    /// <summary>False when the manager expects no signs of life from this process; then none are given.</summary>
    public bool IsRunning => _timer is not null && !_pinging.IsCompleted;

    /// <summary>The time between two signs of life: half the interval, at least a millisecond; zero when none are given.</summary>
    public TimeSpan Period { get; }

    /// <summary>Why the last sign of life was not given: it could not be sent, or asking for the health threw. Null when it was given, or
    /// withheld for bad health. The next is tried nevertheless.</summary>
    public Exception? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>Stops. A sign of life that waits for room in the manager's queue is given up.</summary>
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
                    await _notify.SendAsync(SignOfLife, cancellationToken: _stop.Token).ConfigureAwait(false);
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
