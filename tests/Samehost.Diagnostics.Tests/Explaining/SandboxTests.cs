using System.Net.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Processes whose system calls are restricted: what permissions and files do not explain is not explained by them.</summary>
public sealed class SandboxTests
{
    private const int Limit = 120_000;

    [Theory(Timeout = Limit)]
    [InlineData(Errno.EACCES)]
    [InlineData(Errno.EPERM)]
    public async Task A_filter_that_refuses_connect_is_the_reason_and_not_the_permissions(Errno errno)
    {
        await using var folder = new SituationDirectory();
        var path = folder.Serve("app.sock");
        var datagram = folder.Serve("data.sock", SocketType.Dgram);
        var name = $"@app-{Guid.NewGuid():N}";
        var server = await folder.StartAsync();
        Assert.Equal(Errno.None, await server.CallAsync("keep", name, backlog: 8));
        var confined = await folder.StartAsync(SandboxProgram.With($"connect={(int)errno}"));

        foreach (var address in (string[])[path, datagram, name])
        {
            var type = address == datagram ? SocketType.Dgram : SocketType.Stream;
            Assert.Equal(errno, await confined.CallAsync("connect", address, type));
            Assert.Equal(errno, await confined.CallAsync("explain", address, type));
            Assert.Contains("whatever the address", await confined.DescribeAsync("explain", address, type), StringComparison.Ordinal);
            var hint = await confined.DescribeAsync("connect", address, type);
            Assert.Contains("whatever the address", hint, StringComparison.Ordinal);
            Assert.DoesNotContain("write", hint, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_filter_that_refuses_bind_is_the_reason_and_not_the_directory()
    {
        await using var folder = new SituationDirectory();
        var directory = folder.Temp.MakeDirectory("own", 0b111_101_101);
        var confined = await folder.StartAsync(SandboxProgram.With("bind=1"));

        Assert.Equal(Errno.EPERM, await confined.CallAsync("safe-bind", directory + "/app.sock"));
        Assert.Equal(Errno.EPERM, await confined.CallAsync("explain-bind", directory + "/app.sock"));
        Assert.Contains(
            "whatever the address", await confined.DescribeAsync("safe-bind", directory + "/app.sock"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_without_the_address_family_is_reported_as_such()
    {
        await using var folder = new SituationDirectory();
        var path = folder.Serve("app.sock");
        var confined = await folder.StartAsync(SandboxProgram.With("no-unix"));

        foreach (var call in (string[])["explain", "explain-bind"])
        {
            Assert.Equal(Errno.EAFNOSUPPORT, await confined.CallAsync(call, path));
            Assert.Contains("RestrictAddressFamilies=", await confined.DescribeAsync(call, path), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Without_the_kernels_table_the_own_call_is_still_foreseen_and_root_is_not_recommended()
    {
        await using var folder = new SituationDirectory();
        var name = $"@app-{Guid.NewGuid():N}";
        var server = await folder.StartAsync();
        Assert.Equal(Errno.None, await server.CallAsync("keep", name, backlog: 8));
        string[] addresses =
        [
            name, "@" + Guid.NewGuid().ToString("N"), folder.Serve("stream.sock"), folder.Serve("full.sock", backlog: 0),
            folder.Serve("records.sock", SocketType.Seqpacket), folder.Serve("data.sock", SocketType.Dgram),
            folder.Bind("bound.sock", SocketType.Stream, out _), folder.LeaveStaleFile("stale.sock"),
        ];
        folder.Connect(folder["full.sock"]);
        var confined = await folder.StartAsync(SandboxProgram.With("no-netlink"));
        foreach (var address in addresses)
        {
            foreach (var type in CallingUser.Types)
            {
                var real = await confined.CallAsync("connect", address, type);
                Assert.True(real == await confined.CallAsync("explain", address, type), $"{address} as {type}: {real}");
                var said = await confined.DescribeAsync("explain", address, type);
                Assert.DoesNotContain("as root", said, StringComparison.Ordinal);
                Assert.DoesNotContain("network namespace that", said, StringComparison.Ordinal);
            }
        }
        Assert.Contains("AF_NETLINK", await confined.DescribeAsync("explain", addresses[2]), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Landlock_is_not_foreseen_and_the_verdict_is_unknown()
    {
        await using var folder = new SituationDirectory();
        var name = $"@app-{Guid.NewGuid():N}";
        var server = await folder.StartAsync();
        Assert.Equal(Errno.None, await server.CallAsync("keep", name, backlog: 8));
        var confined = await folder.StartAsync(SandboxProgram.With("landlock"));
        var place = folder.Temp.MakeDirectory("own", 0b111_101_101) + "/app.sock";

        Assert.Equal(Errno.EACCES, await confined.CallAsync("safe-bind", place));
        Assert.Equal(CallingUser.Unknown, await confined.CallAsync("explain-bind", place));
        Assert.Contains("security policy", await confined.DescribeAsync("safe-bind", place), StringComparison.Ordinal);

        Assert.Equal(Errno.EPERM, await confined.CallAsync("connect", name));
        Assert.Equal(CallingUser.Unknown, await confined.CallAsync("explain", name));
        Assert.Contains("security policy", await confined.DescribeAsync("connect", name), StringComparison.Ordinal);
    }
}
