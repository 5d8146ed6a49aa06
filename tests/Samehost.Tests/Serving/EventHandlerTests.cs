using System.Diagnostics;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>What the handlers of a server's events do holds up neither clients nor the stop of the server.</summary>
public sealed class EventHandlerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDirectory _directory = new();
    private readonly GatedEvents _events = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose()
    {
        _events.Gate.Set();
        _directory.Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_connection_has_the_socket_that_its_handler_serves()
    {
        var streams = new ConnectionEvents();
        var records = new ConnectionEvents();
        var recordPath = UnixEndPoint.FromPath(_directory["records.sock"]);
        var served = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (UnixServer.Start(Path, Serve, new UnixServerOptions { Events = streams }))
        await using (UnixServer.StartSeqpacket(recordPath, Serve, new UnixServerOptions { Events = records }))
        {
            using var client = UnixStream.Connect(Path);
            Assert.Same(await served.Task, (await streams.First.Task).Stream);
            served = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using var recordClient = UnixSeqpacket.Connect(recordPath);
            Assert.Same(await served.Task, (await records.First.Task).Seqpacket);
        }

        var ofStream = await streams.First.Task;
        Assert.Null(ofStream.Seqpacket);
        Assert.Null((await records.First.Task).Stream);
        Assert.Equal(Environment.ProcessId, ofStream.Peer.ProcessId);
        Assert.Equal(ofStream.Peer.UserId, ofStream.UserId);
        Assert.Empty(typeof(UnixServerConnection).GetInterfaces());

        Task Serve(object socket, CancellationToken stopping)
        {
            served.SetResult(socket);
            return Task.CompletedTask;
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_blocked_handler_of_a_refusal_delays_no_other_connection()
    {
        // Both servers are on one event loop.
        await using var refusing = UnixServer.Start(Path, EchoClient.ServeAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions { PeerPolicy = PeerPolicy.Parse("uid:4000000000") },
            Events = _events,
        });
        var other = UnixEndPoint.FromPath(_directory["other.sock"]);
        await using var serving = UnixServer.Start(other, EchoClient.ServeAsync);
        using var early = EchoClient.Connect(other);
        await early.ExpectAnswerAsync();

        using (var refused = EchoClient.Connect(Path))
            await refused.ExpectClosedAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        await _events.Entered.WaitAsync(Patience, TestContext.Current.CancellationToken);
        using (var refused = EchoClient.Connect(Path))
            await refused.ExpectClosedAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        await early.ExpectAnswerAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        using var late = EchoClient.Connect(other);
        await late.ExpectAnswerAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, _events.Calls);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_blocked_handler_of_a_refusal_delays_no_client_that_the_policy_allows()
    {
        if (!OrdinaryUser.WeAreRoot)
            Assert.Skip("run the tests as root: only root can start a client of a second user");
        await using var server = UnixServer.Start(Path, EchoClient.ServeAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions { SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 } },
            Events = _events,
        });
        for (var i = 0; i < 2; i++)
        {
            await using var refused = PeerProcess.StartAsOrdinaryUser(_directory, "send-lines", _directory["server.sock"]);
            await refused.ExpectAsync("ready");
            refused.Send("hello");
            await refused.ExpectAsync("closed");
            await _events.Entered.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_blocked_handler_of_a_refusal_beyond_the_limit_delays_no_later_client()
    {
        await using var server = UnixServer.Start(
            Path, EchoClient.ServeAsync, new UnixServerOptions { MaxConnectionsPerUser = 1, Events = _events });
        using (var first = EchoClient.Connect(Path))
        {
            await first.ExpectAnswerAsync();
            using var refused = EchoClient.Connect(Path);
            await refused.ExpectClosedAsync();
            await _events.Entered.WaitAsync(Patience, TestContext.Current.CancellationToken);
            await first.ExpectAnswerAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
        using var later = EchoClient.Connect(Path);
        await later.ExpectAnswerAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 180_000)]
    public async Task Refusals_are_reported_once_a_second_with_the_number_of_unreported_ones()
    {
        const int count = 50;
        var events = new RecordingEvents();
        var start = Stopwatch.GetTimestamp();
        await using var server = UnixServer.Start(Path, EchoClient.ServeAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions { PeerPolicy = PeerPolicy.Parse("uid:4000000000") },
            Events = events,
        });
        for (var i = 0; i < count; i++)
        {
            using var client = EchoClient.Connect(Path);
            await client.ExpectClosedAsync();
        }

        await Eventually.IsTrueAsync(() => events.Refusals.Sum(r => 1 + r.UnreportedCount) == count);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds + 0.1; // a timer may be some milliseconds early
        Assert.InRange(events.Refusals.Count, 2, (int)seconds + 1);
        var last = events.Refusals.Last();
        Assert.Equal((Environment.ProcessId, last.UserId), (last.Peer!.ProcessId, last.Peer.UserId));
        Assert.EndsWith($"is not allowed by the policy ({last.UnreportedCount} more since the last report)", last.ToString());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_refusal_in_the_last_second_is_reported_before_the_server_has_stopped()
    {
        var events = new RecordingEvents();
        await using var server = UnixServer.Start(Path, EchoClient.ServeAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions { PeerPolicy = PeerPolicy.Parse("uid:4000000000") },
            Events = events,
        });
        for (var i = 0; i < 3; i++)
        {
            using var client = EchoClient.Connect(Path);
            await client.ExpectClosedAsync();
        }

        await server.StopAsync();
        Assert.Equal(3, events.Refusals.Sum(r => 1 + r.UnreportedCount));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("refused by the policy")]
    [InlineData("refused beyond the limit")]
    [InlineData("started")]
    [InlineData("failed")]
    [InlineData("ended")]
    public async Task A_handler_of_events_can_wait_for_StopAsync(string which)
    {
        var events = new StoppingEvents(which);
        await using var server = UnixServer.Start(Path, FailAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions
            {
                PeerPolicy = which == "refused by the policy" ? PeerPolicy.Parse("uid:4000000000") : null,
            },
            MaxConnectionsPerUser = which == "refused beyond the limit" ? 1 : 10,
            Events = events,
        });
        events.Server.SetResult(server);
        using var first = EchoClient.Connect(Path);
        using var second = TryConnect();
        if (which is "failed" or "ended")
            await first.SendAsync("f");
        await events.Stopped.WaitAsync(Patience, TestContext.Current.CancellationToken);
        first.Dispose();
        second?.Dispose();
        await server.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);

        EchoClient? TryConnect()
        {
            try
            {
                return EchoClient.Connect(Path);
            }
            catch (UnixSocketException) when (which is "started" or "refused by the policy")
            {
                return null; // the event of the first client has stopped the server
            }
        }

        async Task FailAsync(UnixStream stream, CancellationToken stopping)
        {
            var buffer = new byte[1];
            if (await stream.ReadAsync(buffer, stopping) > 0)
                throw new InvalidOperationException("on purpose");
        }
    }

    private sealed class ConnectionEvents : UnixServerEvents
    {
        public TaskCompletionSource<UnixServerConnection> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void ConnectionStarted(UnixServerConnection connection) => First.TrySetResult(connection);
    }

    /// <summary>Blocks in the first report of a refusal until the gate is open.</summary>
    private sealed class GatedEvents : UnixServerEvents
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _calls;

        public ManualResetEventSlim Gate { get; } = new();

        public Task Entered => _entered.Task;

        public int Calls => Volatile.Read(ref _calls);

        public override void ConnectionRefused(UnixServerRefusal refusal)
        {
            Interlocked.Increment(ref _calls);
            _entered.TrySetResult();
            Gate.Wait();
        }
    }

    private sealed class StoppingEvents(string which) : UnixServerEvents
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<UnixServer> Server { get; } = new();

        public Task Stopped => _stopped.Task;

        public override void ConnectionStarted(UnixServerConnection connection) => StopIf("started");

        public override void HandlerFailed(UnixServerConnection connection, Exception error) => StopIf("failed");

        public override void ConnectionEnded(UnixServerConnection connection) => StopIf("ended");

        public override void ConnectionRefused(UnixServerRefusal refusal) => StopIf("refused");

        private void StopIf(string what)
        {
            if (!which.StartsWith(what, StringComparison.Ordinal))
                return;
            Server.Task.GetAwaiter().GetResult().StopAsync(Timeout.InfiniteTimeSpan).GetAwaiter().GetResult();
            _stopped.TrySetResult();
        }
    }
}
