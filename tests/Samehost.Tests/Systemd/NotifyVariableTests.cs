using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Samehost.Tests.Systemd;

/// <summary>What NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID may hold.</summary>
public sealed class NotifyVariableTests
{
    [Fact(Timeout = 180_000)]
    public async Task A_path_in_NOTIFY_SOCKET_is_sent_to()
    {
        using var manager = new NotifyReceiver();
        Assert.True(From(manager.Address.Path).NotifyReady());
        Assert.Equal("READY=1", await manager.NextAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task An_abstract_name_in_NOTIFY_SOCKET_is_sent_to()
    {
        var name = $"samehost-{Guid.NewGuid():N}";
        await using var manager = UnixDatagram.Bind(
            UnixEndPoint.FromAbstractName(name), new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot });
        Assert.True(From("@" + name).NotifyReady());
        var buffer = new byte[100];
        var received = await manager.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("READY=1"u8, buffer.AsSpan(0, received.Count));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_NOTIFY_SOCKET_nothing_is_sent(string? value) => Assert.False(From(value).IsEnabled);

    [Theory]
    [InlineData("relative/path")]
    [InlineData("@")]
    [InlineData("nonsense")]
    [InlineData("vsock:2:1234", "vsock address")]
    [InlineData("vsock-stream:2:1234", "vsock address")]
    [InlineData("/too-long")]
    [InlineData("@too-long")]
    public void An_invalid_address_is_refused_with_its_value(string value, string because = "")
    {
        value = value.EndsWith("too-long", StringComparison.Ordinal) ? value + new string('x', 108) : value;
        var problem = Assert.Throws<InvalidDataException>(() => From(value));
        var shown = value[..Math.Min(100, value.Length)];
        Assert.StartsWith($"The environment variable NOTIFY_SOCKET is '{shown}", problem.Message, StringComparison.Ordinal);
        Assert.Contains(because, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3000000", null, 3_000_000L)]
    [InlineData("3000000", "4711", 3_000_000L)]
    [InlineData("1", "", 1L)]
    [InlineData("3000000", "4712", null)]
    [InlineData("nonsense", "4712", null)]
    [InlineData(null, null, null)]
    [InlineData("", null, null)]
    public void The_watchdogs_interval_is_for_the_process_that_it_names(string? microseconds, string? pid, long? expected) =>
        Assert.Equal(expected, (long?)From("/run/notify", microseconds, pid).WatchdogInterval?.TotalMicroseconds);

    [Fact]
    public void An_interval_beyond_the_range_of_TimeSpan_is_the_longest_one() =>
        Assert.True(From("/run/notify", $"{long.MaxValue}").WatchdogInterval > TimeSpan.FromDays(1_000_000));

    [Theory]
    [InlineData("WATCHDOG_USEC", "0", null)]
    [InlineData("WATCHDOG_USEC", "-1", null)]
    [InlineData("WATCHDOG_USEC", "3s", null)]
    [InlineData("WATCHDOG_USEC", "18446744073709551615", null)]
    [InlineData("WATCHDOG_PID", "3000000", "nonsense")]
    [InlineData("WATCHDOG_PID", "3000000", "-4711")]
    public void An_invalid_watchdog_variable_is_refused_with_its_name_and_value(string culprit, string microseconds, string? pid)
    {
        var problem = Assert.Throws<InvalidDataException>(() => From("/run/notify", microseconds, pid));
        Assert.StartsWith($"The environment variable {culprit} is '{pid ?? microseconds}': ", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_variables_are_removed_only_on_request(bool clear)
    {
        var environment = new FixedServiceEnvironment(("NOTIFY_SOCKET", "/run/notify"), ("WATCHDOG_USEC", "1"), ("WATCHDOG_PID", "4711"));
        SystemdNotifier.FromEnvironment(environment, clear);
        Assert.Equal(clear ? 0 : 3, environment.Left.Count());
    }

    [Fact]
    public void Any_value_of_the_variables_results_in_a_notifier_or_the_documented_exception() =>
        Prop.ForAll<string?, string?, string?>((address, microseconds, pid) =>
        {
            foreach (var first in (string?[])[address, "/" + address, "@" + address])
            {
                try
                {
                    From(first, microseconds, pid);
                }
                catch (InvalidDataException)
                {
                    // documented
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    private static SystemdNotifier From(string? address, string? microseconds = null, string? pid = null) =>
        SystemdNotifier.FromEnvironment(
            new FixedServiceEnvironment(("NOTIFY_SOCKET", address), ("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", pid)), clear: false);
}
