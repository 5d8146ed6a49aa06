using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace Samehost.Tests.Systemd;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly NotifyReceiver _manager = new();

    private SystemdNotifier Notify => _manager.Notify;

    public void Dispose() => _manager.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Each_message_has_exactly_the_bytes_of_the_manual()
    {
        (Func<bool> Say, string Expected)[] messages =
        [
            (() => Notify.NotifyReady(), "READY=1"),
            (() => Notify.NotifyReady("listening"), "READY=1\nSTATUS=listening"),
            (() => Notify.NotifyStopping(), "STOPPING=1"),
            (() => Notify.NotifyStopping("draining"), "STOPPING=1\nSTATUS=draining"),
            (() => Notify.SetStatus("3 clients, ünïcode"), "STATUS=3 clients, ünïcode"),
            (() => Notify.SetStatus("one\nMAINPID=1\r\n\0two"), "STATUS=one MAINPID=1   two"),
            (() => Notify.SetStatus(""), "STATUS="),
            (() => Notify.NotifyWatchdog(), "WATCHDOG=1"),
            (() => Notify.TriggerWatchdog(), "WATCHDOG=trigger"),
            (() => Notify.ExtendTimeout(TimeSpan.FromSeconds(1.5)), "EXTEND_TIMEOUT_USEC=1500000"),
            (() => Notify.ExtendTimeout(TimeSpan.FromTicks(1)), "EXTEND_TIMEOUT_USEC=1"),
            (() => Notify.SetMainProcess(4711), "MAINPID=4711"),
            (() => Notify.SetError(Errno.ENOENT), "ERRNO=2"),
            (() => Notify.SetError(Errno.ENOENT, "no file"), "ERRNO=2\nSTATUS=no file"),
            (() => Notify.RemoveStoredDescriptors("web"), "FDSTOREREMOVE=1\nFDNAME=web"),
            (() => Notify.Send(["READY=1", "X_OWN=a=b"]), "READY=1\nX_OWN=a=b"),
        ];
        foreach (var (say, expected) in messages)
        {
            Assert.True(say());
            Assert.Equal(expected, await _manager.NextAsync());
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Reloading_carries_the_time_of_the_clock_that_the_manager_reads()
    {
        var before = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000); // the same clock here
        Notify.NotifyReloading("again");
        var after = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
        var lines = (await _manager.NextAsync()).Split('\n');
        Assert.Equal(["RELOADING=1", "STATUS=again"], (string[])[lines[0], lines[2]]);
        Assert.StartsWith("MONOTONIC_USEC=", lines[1], StringComparison.Ordinal);
        Assert.InRange(long.Parse(lines[1].AsSpan("MONOTONIC_USEC=".Length), CultureInfo.InvariantCulture), before, after);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_manager_sees_our_process_as_the_sender()
    {
        await Notify.SendAsync(["READY=1"], cancellationToken: TestContext.Current.CancellationToken);
        using var message = await _manager.NextMessageAsync();
        Assert.Equal("READY=1", _manager.Text(message));
        Assert.Equal(Environment.ProcessId, message.Credentials?.ProcessId);
    }

    [Fact(Timeout = 180_000)]
    public async Task Stored_descriptors_travel_with_their_message_and_ours_stay_open()
    {
        using var file = File.OpenHandle("/proc/self/status");
        using var other = File.OpenHandle("/dev/null");
        Assert.True(Notify.StoreDescriptors("web", [file, other]));
        using (var message = await _manager.NextMessageAsync())
        {
            Assert.Equal("FDSTORE=1\nFDNAME=web", _manager.Text(message));
            Assert.Equal(2, message.Descriptors.Count);
            Assert.Equal([DescriptorKinds.File, DescriptorKinds.Device], [message.Descriptors.GetKind(0), message.Descriptors.GetKind(1)]);
        }

        Assert.False(file.IsClosed);
        Notify.StoreDescriptors("web", [file], keepWhenHungUp: true);
        Assert.Equal("FDSTORE=1\nFDNAME=web\nFDPOLL=0", await _manager.NextAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("a\nMAINPID=1")]
    [InlineData("ä")]
    [InlineData("256")]
    public void An_invalid_name_for_stored_descriptors_is_refused(string name)
    {
        name = name == "256" ? new string('x', 256) : name;
        using var file = File.OpenHandle("/dev/null");
        Assert.Throws<ArgumentException>(() => Notify.StoreDescriptors(name, [file]));
        Assert.Throws<ArgumentException>(() => Notify.RemoveStoredDescriptors(name));
    }

    [Fact]
    public void No_descriptors_and_too_many_cannot_be_stored()
    {
        using var file = File.OpenHandle("/dev/null");
        Assert.Throws<ArgumentException>(() => Notify.StoreDescriptors("web", []));
        Assert.Throws<ArgumentException>(() => Notify.StoreDescriptors("web", [.. Enumerable.Repeat<SafeHandle>(file, 254)]));
    }

    [Theory]
    [InlineData("READY")]
    [InlineData("=1")]
    [InlineData("")]
    [InlineData("READY=1\nMAINPID=1")]
    [InlineData("STATUS=a\0b")]
    public void An_invalid_assignment_is_refused_before_it_is_sent(string assignment)
    {
        Assert.Throws<ArgumentException>(() => Notify.Send([assignment]));
        Assert.Throws<ArgumentException>(() => new SystemdNotifier(null).Send([assignment]));
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_a_manager_every_method_does_nothing_and_returns_false()
    {
        var none = SystemdNotifier.FromEnvironment(new FixedServiceEnvironment(("WATCHDOG_USEC", "1000000")), clear: false);
        using var file = File.OpenHandle("/dev/null");
        Assert.False(none.IsEnabled);
        Assert.Null(none.WatchdogInterval);
        Assert.False(none.NotifyReady() || none.NotifyReloading() || none.NotifyStopping() || none.SetStatus("x") || none.NotifyWatchdog());
        Assert.False(none.StoreDescriptors("x", [file]) || none.WaitForBarrier(TimeSpan.Zero));
        Assert.False(await none.WaitForBarrierAsync(TimeSpan.Zero, TestContext.Current.CancellationToken));
        await using var watchdog = none.StartWatchdog();
        Assert.False(watchdog.IsRunning);
    }

    [Fact]
    public void A_manager_that_does_not_listen_is_an_error_with_its_address()
    {
        _manager.Leave();
        var failure = Assert.Throws<UnixSocketException>(() => Notify.NotifyReady());
        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Equal(_manager.Address, failure.EndPoint);
    }

    [Fact]
    public void A_supervisor_without_a_name_and_an_interval_of_zero_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new SystemdNotifier(UnixEndPoint.Unnamed));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SystemdNotifier(_manager.Address, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Notify.SetMainProcess(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Notify.ExtendTimeout(TimeSpan.Zero));
    }
}
