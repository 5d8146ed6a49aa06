using Xunit;

namespace Samehost.Tests.Systemd;

public sealed class SystemdWatchdogTests : IDisposable
{
    private static readonly TimeSpan Half = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new();
    private readonly NotifyReceiver _manager = new();
    private readonly SystemdNotifier _notify;

    public SystemdWatchdogTests() => _notify = new SystemdNotifier(_manager.Address, Half * 2);

    public void Dispose() => _manager.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Notifications_are_sent_at_once_and_at_half_the_interval()
    {
        await using var watchdog = new SystemdWatchdog(_notify, null, _time);
        Assert.True(watchdog.IsRunning);
        Assert.Equal(Half, watchdog.Period);
        Assert.Equal("WATCHDOG=1", await _manager.NextAsync());
        for (var i = 0; i < 3; i++)
        {
            var next = _manager.NextAsync();
            _time.Pass(Half - TimeSpan.FromTicks(1));
            Assert.False(next.IsCompleted);
            _time.Pass(TimeSpan.FromTicks(1));
            Assert.Equal("WATCHDOG=1", await next);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task An_unhealthy_service_sends_none_and_an_exception_of_the_health_check_is_kept()
    {
        var asked = new SemaphoreSlim(0);
        Func<bool> health = () => false;
        await using var watchdog = new SystemdWatchdog(_notify, () => { asked.Release(); return health(); }, _time);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Null(watchdog.LastFailure);

        health = () => throw new TimeoutException("no answer");
        _time.Pass(Half);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        health = () => true;
        _time.Pass(Half);
        Assert.Equal("WATCHDOG=1", await _manager.NextAsync()); // the first that was sent
        Assert.True(watchdog.IsRunning);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_failed_notification_is_kept_and_the_next_one_is_sent()
    {
        _manager.Leave();
        await using var watchdog = new SystemdWatchdog(_notify, null, _time);
        var failure = Assert.IsType<UnixSocketException>(watchdog.LastFailure); // a local send is decided at once
        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.True(watchdog.IsRunning);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_disposed_watchdog_sends_nothing_and_can_be_disposed_again()
    {
        var watchdog = new SystemdWatchdog(_notify, null, _time);
        Assert.Equal("WATCHDOG=1", await _manager.NextAsync());
        await watchdog.DisposeAsync();
        await watchdog.DisposeAsync();
        Assert.False(watchdog.IsRunning);
        _time.Pass(Half * 10);
        _notify.NotifyStopping();
        Assert.Equal("STOPPING=1", await _manager.NextAsync());
    }

    [Theory(Timeout = 180_000)]
    [InlineData(1, 1)] // a microsecond: as fast as timers go
    [InlineData(3_000, 1.5)]
    [InlineData(long.MaxValue / 10, 49.0 * 24 * 60 * 60 * 1000)]
    public async Task The_period_is_within_the_limits_of_timers(long microseconds, double milliseconds)
    {
        var notify = new SystemdNotifier(_manager.Address, TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond));
        await using var watchdog = new SystemdWatchdog(notify, null, _time);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), watchdog.Period);
    }
}
