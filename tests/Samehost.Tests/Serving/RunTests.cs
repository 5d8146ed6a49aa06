using System.Diagnostics;
using Samehost.Tests.Serving.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>A program that runs until it is asked to end, and the socket files that it made.</summary>
public sealed class RunTests : IDisposable
{
    private const int SIGHUP = 1;
    private const int SIGINT = 2;
    private const int SIGQUIT = 3;
    private const int SIGTERM = 15;

    private readonly TestDirectory _directory = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(SIGHUP)]
    [InlineData(SIGINT)]
    [InlineData(SIGQUIT)]
    [InlineData(SIGTERM)]
    public async Task A_signal_stops_a_running_server_and_the_program_continues_after_it(int signal)
    {
        await using var peer = await StartAsync("");
        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();
        Signals.Send(peer.Id, signal);
        await peer.ExpectAsync("stopped True");
        Assert.Equal(0, await peer.WaitAsync());
        Assert.Empty(_directory.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_second_signal_within_five_milliseconds_is_the_same_request()
    {
        int[] signals = [SIGTERM, SIGINT, SIGHUP, SIGQUIT];
        var killed = 0;
        for (var i = 0; i < 24; i++)
        {
            await using var peer = await StartAsync("");
            var first = signals[i / 6];
            Signals.Send(peer.Id, first);
            var start = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start).TotalMilliseconds >= i % 6); // a timer is not exact enough
            Signals.Send(peer.Id, i % 2 == 0 ? first : signals[i % 4]);
            killed += await peer.WaitAsync() == 0 ? 0 : 1;
            Assert.Empty(_directory.Names);
        }
        Assert.True(killed < 12, $"{killed} of 24"); // a busy machine may hand it over 100 ms late, but not as a rule
    }

    [Theory(Timeout = 180_000)]
    [InlineData("stubborn")]
    [InlineData("bare")]
    public async Task The_first_signal_removes_the_files_and_a_later_one_ends_the_process(string way)
    {
        await using var peer = await StartAsync(way);
        using var client = EchoClient.Connect(Path);
        Signals.Send(peer.Id, SIGTERM);
        await Eventually.IsTrueAsync(() => _directory.Names.Length == 0);
        Assert.True(Directory.Exists($"/proc/{peer.Id}"));
        Assert.Equal(128 + SIGINT, await EndAsync(peer, SIGINT));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_may_run_another_server_after_a_signal()
    {
        await using var peer = await StartAsync("twice");
        for (var i = 0; i < 2; i++)
        {
            var start = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start).TotalMilliseconds > 250);
            Signals.Send(peer.Id, SIGHUP);
            await peer.ExpectAsync("stopped True");
            if (i == 0)
                await peer.ExpectAsync("ready");
        }
        Assert.Equal(0, await peer.WaitAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_that_exits_in_the_middle_leaves_no_file()
    {
        await using var peer = await StartAsync("exit");
        Assert.Equal(3, await peer.WaitAsync());
        Assert.Empty(_directory.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_process_does_not_end_between_creating_a_file_and_removing_it()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var peer = await StartAsync("binding");
            Signals.Send(peer.Id, SIGTERM);
            Assert.Equal(128 + SIGTERM, await EndAsync(peer, SIGTERM));
            Assert.Empty(_directory.Names);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_token_and_a_stop_end_a_running_server_as_well()
    {
        var server = UnixServer.Start(Path, EchoClient.ServeAsync);
        using var source = new CancellationTokenSource();
        var running = server.RunAsync(source.Token);
        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();
        Assert.False(running.IsCompleted);
        await source.CancelAsync();
        Assert.True(await running);
        Assert.Empty(_directory.Names);
        await client.ExpectClosedAsync();

        server = UnixServer.Start(Path, EchoClient.ServeAsync);
        running = server.RunAsync(TestContext.Current.CancellationToken);
        Assert.True(await server.StopAsync());
        Assert.True(await running);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_whose_accepting_fails_is_drained_and_RunAsync_throws()
    {
        var server = UnixServer.Start(Path, EchoClient.ServeAsync);
        var running = server.RunAsync(TestContext.Current.CancellationToken);
        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();
        Signals.ShutDown(server.ListenerHandle);
        Assert.Equal(Errno.EINVAL, (await Assert.ThrowsAsync<UnixSocketException>(() => running)).Errno);
        await client.ExpectClosedAsync();
        Assert.Empty(_directory.Names);
    }

    /// <summary>Sends a signal until it is later than the first by more than a repetition may be.</summary>
    private static async Task<int> EndAsync(PeerProcess peer, int signal)
    {
        var ended = peer.WaitAsync();
        while (await Task.WhenAny(ended, Task.Delay(120, TestContext.Current.CancellationToken)) != ended)
            Signals.Send(peer.Id, signal);
        return await ended;
    }

    private async Task<PeerProcess> StartAsync(string way)
    {
        var peer = PeerProcess.Start("run", _directory["server.sock"], "--way", way);
        await peer.ExpectAsync("ready");
        return peer;
    }
}
