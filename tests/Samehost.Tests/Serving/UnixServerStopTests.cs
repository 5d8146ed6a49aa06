using System.Diagnostics;
using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class UnixServerStopTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly RecordingEvents _events = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_canceled_token_ends_the_drain_and_closes_the_connections(bool ofSecondCall)
    {
        var server = Start(static async (stream, _) => await stream.ReadExactlyAsync(new byte[4], CancellationToken.None));
        using var client = EchoClient.Connect(Path);
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        using var cancellation = new CancellationTokenSource();
        var first = server.StopAsync(Timeout.InfiniteTimeSpan, ofSecondCall ? CancellationToken.None : cancellation.Token);
        var second = server.StopAsync(cancellation.Token);
        await Eventually.IsTrueAsync(() => _directory.Names.Length == 0);
        Assert.False(first.IsCompleted || second.IsCompleted);

        await cancellation.CancelAsync();
        Assert.False(await first);
        Assert.False(await second);
        Assert.Equal(0, server.ConnectionCount);
        Assert.True(server.Completion.IsCompletedSuccessfully);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_token_that_is_canceled_before_the_call_closes_the_connections_at_once()
    {
        var server = Start(static async (stream, _) => await stream.ReadExactlyAsync(new byte[4], CancellationToken.None));
        using var client = EchoClient.Connect(Path);
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        Assert.False(await server.StopAsync(Timeout.InfiniteTimeSpan, new CancellationToken(canceled: true)));
        Assert.Equal(0, server.ConnectionCount);
    }

    [Fact(Timeout = 180_000)]
    public async Task Stopping_lets_handlers_end_and_removes_the_path()
    {
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Start(async (stream, stopping) =>
        {
            stopping.Register(canceled.SetResult);
            var buffer = new byte[4];
            await stream.ReadExactlyAsync(buffer, CancellationToken.None); // a protocol that wants to end well
            await stream.WriteAsync(buffer, CancellationToken.None);
        });
        using var client = EchoClient.Connect(Path);
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);

        var stopped = server.StopAsync(TimeSpan.FromSeconds(20));
        await canceled.Task;
        Assert.Empty(_directory.Names);
        Assert.Equal(Errno.ENOENT, Assert.Throws<UnixSocketException>(() => UnixStream.Connect(Path)).Errno);
        Assert.False(stopped.IsCompleted || server.Completion.IsCompleted);

        await client.ExpectAnswerAsync("last");
        Assert.True(await stopped);
        Assert.True(server.Completion.IsCompletedSuccessfully);
        Assert.Equal(0, server.ConnectionCount);
        Assert.Empty(_events.Failures);
    }

    [Fact(Timeout = 180_000)]
    public async Task Handlers_that_end_when_their_token_is_canceled_are_not_failures()
    {
        var server = Start(EchoClient.ServeAsync);
        var clients = Enumerable.Range(0, 20).Select(_ => EchoClient.Connect(Path)).ToArray();
        foreach (var client in clients)
            await client.ExpectAnswerAsync();
        Assert.True(await server.StopAsync(TimeSpan.FromSeconds(20)));
        foreach (var client in clients)
        {
            await client.ExpectClosedAsync();
            client.Dispose();
        }
        Assert.Empty(_events.Failures);
        Assert.Equal(20, _events.Ended);
    }

    [Fact(Timeout = 180_000)]
    public async Task Connections_left_after_the_deadline_are_closed()
    {
        var server = Start((stream, _) => EchoClient.ServeAsync(stream, CancellationToken.None));
        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();
        var stopped = server.StopAsync(TimeSpan.FromMilliseconds(100));
        var again = server.StopAsync(TimeSpan.FromHours(1));
        Assert.False(await stopped);
        Assert.False(await again);
        Assert.False(await server.StopAsync());
        await client.ExpectClosedAsync();
        Assert.Equal(0, server.ConnectionCount);
        await server.Completion;
    }

    /// <summary>One that was accepted a moment before the end is closed like the others.</summary>
    [Fact(Timeout = 180_000)]
    public async Task A_stop_with_a_timeout_of_zero_leaves_nothing_open()
    {
        for (var round = 0; round < 50; round++)
        {
            var server = Start((stream, _) => EchoClient.ServeAsync(stream, CancellationToken.None));
            using var stopped = new CancellationTokenSource();
            var clients = new List<UnixStream>();
            var connecting = Task.Run(() =>
            {
                try
                {
                    while (!stopped.IsCancellationRequested)
                        clients.Add(UnixStream.Connect(Path));
                }
                catch (UnixSocketException)
                {
                    // it has stopped
                }
            }, TestContext.Current.CancellationToken);
            await Eventually.IsTrueAsync(() => server.ConnectionCount > 0);
            await server.StopAsync(TimeSpan.Zero);
            Assert.Equal(0, server.ConnectionCount);
            await stopped.CancelAsync();
            await connecting;
            clients.ForEach(c => c.Dispose());
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_handler_that_blocks_its_thread_forever_delays_the_stop_by_a_second_at_most()
    {
        using var over = new ManualResetEventSlim();
        var server = Start((_, _) =>
        {
            over.Wait(CancellationToken.None);
            return Task.CompletedTask;
        });
        using var client = EchoClient.Connect(Path);
        await Eventually.IsTrueAsync(() => _events.Started == 1);
        var start = Stopwatch.GetTimestamp();
        Assert.False(await server.StopAsync(TimeSpan.FromMilliseconds(100)));
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));
        await client.ExpectClosedAsync();
        over.Set();
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_callback_that_throws_or_blocks_does_not_delay_the_stop(bool throws)
    {
        using var over = new ManualResetEventSlim();
        var server = Start(async (stream, stopping) =>
        {
            await using var registration = stopping.UnsafeRegister(_ => Misbehave(), null);
            await EchoClient.ServeAsync(stream, CancellationToken.None);
        });
        void Misbehave()
        {
            if (throws)
                throw new InvalidOperationException("on purpose");
            over.Wait(CancellationToken.None);
        }

        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();
        var stopped = server.StopAsync(TimeSpan.FromMilliseconds(100));
        Assert.False(await stopped.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Empty(_directory.Names);
        await client.ExpectClosedAsync();
        over.Set();
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
        await server.Completion;
    }

    [Fact(Timeout = 180_000)]
    public async Task An_invalid_drain_timeout_is_refused_and_does_not_stop_the_server()
    {
        await using var server = Start(EchoClient.ServeAsync);
        Assert.Throws<ArgumentOutOfRangeException>("drainTimeout", () => { _ = server.StopAsync(TimeSpan.FromSeconds(-5)); });
        using (var client = EchoClient.Connect(Path))
            await client.ExpectAnswerAsync();
        Assert.True(await server.StopAsync(Timeout.InfiniteTimeSpan));
    }

    [Fact(Timeout = 180_000)]
    public async Task When_accepting_fails_permanently_Completion_fails_and_clients_are_refused()
    {
        var listener = UnixListener.Listen(Path);
        await using var server = UnixServer.Start(listener, EchoClient.ServeAsync);
        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();

        Assert.Equal(0, LibcSocket.Shutdown((Descriptor)listener.SafeHandle, LibcSocket.SHUT_RDWR));
        var error = await Assert.ThrowsAsync<UnixSocketException>(() => server.Completion);
        Assert.Equal((Errno.EINVAL, "accept"), (error.Errno, error.Operation));
        Assert.Equal(Errno.ENOENT, Assert.Throws<UnixSocketException>(() => UnixStream.Connect(Path)).Errno);
        await client.ExpectAnswerAsync(); // those that are there go on
        Assert.True(await server.StopAsync());
        Assert.True(server.Completion.IsFaulted);
    }

    [Fact(Timeout = 180_000)]
    public async Task Disposing_during_many_connects_leaks_no_descriptor()
    {
        await using var peer = PeerProcess.Start("serve-storm", _directory["server.sock"], "--rounds", "5");
        var counts = (await peer.ReadLineAsync())!.Split(' ');
        Assert.Equal("descriptors", counts[0]);
        Assert.Equal(counts[1], counts[2]);
        Assert.StartsWith("connected ", await peer.ReadLineAsync());
        Assert.Equal(0, await peer.WaitAsync());
        Assert.Empty(_directory.Names);
    }

    private UnixServer Start(Func<UnixStream, CancellationToken, Task> handler) =>
        UnixServer.Start(Path, handler, new UnixServerOptions { Events = _events });
}
