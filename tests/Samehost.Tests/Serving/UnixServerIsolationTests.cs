using System.Collections.Concurrent;
using System.Text;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>What one client or its handler does never touches another, nor the server.</summary>
public sealed class UnixServerIsolationTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly RecordingEvents _events = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Many_clients_talk_at_once()
    {
        await using var server = Start(EchoClient.ServeAsync);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async n =>
        {
            using var client = EchoClient.Connect(Path);
            for (var i = 0; i < 50; i++)
                await client.ExpectAnswerAsync($"message {i} of client {n}");
        }));
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
        Assert.Equal((100, 100), (_events.Started, _events.Ended));
        Assert.Empty(_events.Failures);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_that_throws_ends_only_its_own_connection(bool atOnce)
    {
        var thrown = new InvalidOperationException("on purpose");
        var count = 0;
        Task ThrowAtOnce(UnixStream stream, CancellationToken stopping) =>
            Interlocked.Increment(ref count) == 2 ? throw thrown : EchoClient.ServeAsync(stream, stopping);
        async Task ThrowLater(UnixStream stream, CancellationToken stopping)
        {
            var throws = Interlocked.Increment(ref count) == 2;
            await stream.ReadExactlyAsync(new byte[1], stopping);
            await stream.WriteAsync("x"u8.ToArray(), stopping);
            if (throws)
                throw thrown;
            await EchoClient.ServeAsync(stream, stopping);
        }

        await using var server = Start(atOnce ? ThrowAtOnce : ThrowLater);
        using var first = EchoClient.Connect(Path);
        await first.ExpectAnswerAsync("x");
        using var second = EchoClient.Connect(Path);
        if (!atOnce)
            await second.ExpectAnswerAsync("x");
        await second.ExpectClosedAsync();

        await first.ExpectAnswerAsync();
        using var third = EchoClient.Connect(Path);
        await third.ExpectAnswerAsync("x");
        await _events.FirstFailure;
        Assert.Same(thrown, Assert.Single(_events.Failures));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_handler_that_returns_no_task_ends_only_its_own_connection()
    {
        await using var server = Start((_, _) => null!);
        for (var i = 0; i < 3; i++)
        {
            using var client = EchoClient.Connect(Path);
            await client.ExpectClosedAsync();
        }
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
        Assert.False(server.Completion.IsCompleted);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_that_is_killed_during_a_message_affects_no_other()
    {
        await using var server = Start(ServeMessagesAsync);
        using var other = EchoClient.Connect(Path);
        await other.ExpectAnswerAsync("12345678");
        await using var victim = PeerProcess.Start("send-lines", _directory["server.sock"]);
        await victim.ExpectAsync("ready");
        victim.Send("half 1234");
        await victim.ExpectAsync("sent");
        Assert.Equal(2, server.ConnectionCount);

        await victim.KillAsync();
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        Assert.IsType<EndOfStreamException>(Assert.Single(_events.Failures));
        await other.ExpectAnswerAsync("abcdefgh");
        using var later = EchoClient.Connect(Path);
        await later.ExpectAnswerAsync("12345678");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_that_is_killed_with_unread_answers_affects_no_other()
    {
        await using var server = Start(ServeMessagesAsync);
        using var other = EchoClient.Connect(Path);
        using (var leaver = EchoClient.Connect(Path))
        {
            await leaver.SendAsync("12345678");
            await Eventually.IsTrueAsync(() => Readable(leaver));
        }
        await Eventually.IsTrueAsync(() => _events.Ended == 1);
        Assert.Empty(_events.Failures);
        await other.ExpectAnswerAsync("abcdefgh");
    }

    [Fact(Timeout = 180_000)]
    public async Task Clients_that_stall_or_never_read_delay_no_other()
    {
        await using var server = Start(EchoClient.ServeAsync);
        var idle = new List<EchoClient>();
        using var enough = new CancellationTokenSource();
        try
        {
            var flooding = new List<Task>();
            for (var i = 0; i < 20; i++)
            {
                idle.Add(EchoClient.Connect(Path)); // never sends
                var deaf = EchoClient.Connect(Path); // never reads
                idle.Add(deaf);
                flooding.Add(FloodAsync(deaf, enough.Token));
            }
            await Eventually.IsTrueAsync(() => server.ConnectionCount == 40);
            for (var i = 0; i < 20; i++)
            {
                using var client = EchoClient.Connect(Path);
                await client.ExpectAnswerAsync();
            }
            Assert.All(flooding, task => Assert.False(task.IsCompleted)); // both directions are full: the handlers wait
            await enough.CancelAsync();
            await Task.WhenAll(flooding);
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Exceptions_of_event_handlers_are_reported_and_affect_no_client()
    {
        var events = new ThrowingEvents();
        await using var server = UnixServer.Start(
            Path, EchoClient.ServeAsync, new UnixServerOptions { Events = events, MaxConnectionsPerUser = 1 });
        for (var i = 0; i < 3; i++)
        {
            using (var client = EchoClient.Connect(Path))
            {
                await client.ExpectAnswerAsync();
                using var refused = EchoClient.Connect(Path);
                await refused.ExpectClosedAsync();
            }
            await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
        }

        await Eventually.IsTrueAsync(() => events.Reported.Distinct().Count() == 3);
        Assert.Equal(
            ["ConnectionEnded ended", "ConnectionRefused refused", "ConnectionStarted started"], events.Reported.Distinct().Order());
    }

    private static bool Readable(EchoClient client)
    {
        using var wait = new CancellationTokenSource();
        var read = client.Stream.ReadAsync(Memory<byte>.Empty, wait.Token).AsTask();
        if (read.IsCompletedSuccessfully)
            return true;
        wait.Cancel();
        return false;
    }

    private static async Task FloodAsync(EchoClient client, CancellationToken enough)
    {
        var block = Encoding.ASCII.GetBytes(new string('x', 65536));
        try
        {
            while (true)
                await client.Stream.WriteAsync(block, enough);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task ServeMessagesAsync(UnixStream stream, CancellationToken stopping)
    {
        var message = new byte[8];
        while (true)
        {
            await stream.ReadExactlyAsync(message, stopping);
            await stream.WriteAsync(message, stopping);
        }
    }

    private UnixServer Start(Func<UnixStream, CancellationToken, Task> handler) =>
        UnixServer.Start(Path, handler, new UnixServerOptions { Events = _events });

    private sealed class ThrowingEvents : UnixServerEvents
    {
        public ConcurrentQueue<string> Reported { get; } = new();

        public override void ConnectionStarted(UnixServerConnection connection) => throw new InvalidOperationException("started");

        public override void ConnectionEnded(UnixServerConnection connection) => throw new InvalidOperationException("ended");

        public override void ConnectionRefused(UnixServerRefusal refusal) => throw new InvalidOperationException("refused");

        public override void EventHandlerFailed(string eventName, Exception error)
        {
            Reported.Enqueue($"{eventName} {error.Message}");
            throw new InvalidOperationException("reported");
        }
    }
}
