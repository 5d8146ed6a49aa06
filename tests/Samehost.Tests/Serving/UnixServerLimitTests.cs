using System.Globalization;
using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class UnixServerLimitTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly RecordingEvents _events = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Clients_beyond_MaxConnections_wait_in_the_backlog_until_one_leaves()
    {
        await using var server = Start(maxConnections: 2);
        var clients = new Queue<EchoClient>();
        for (var i = 0; i < 4; i++)
        {
            clients.Enqueue(EchoClient.Connect(Path));
            await clients.Last().SendAsync("x");
        }
        EchoClient[] waiting = [.. clients.Skip(2)];
        Assert.Equal("x", await clients.Dequeue().ReceiveAsync(1));
        var second = clients.Dequeue();
        Assert.Equal("x", await second.ReceiveAsync(1));
        Task<string> third = waiting[0].ReceiveAsync(1), fourth = waiting[1].ReceiveAsync(1);
        // What the server could have done wrong by now, it has: a fifth round trip through it has ended.
        await second.ExpectAnswerAsync();
        Assert.Equal(2, server.ConnectionCount);
        Assert.False(third.IsCompleted || fourth.IsCompleted);

        second.Dispose();
        Assert.Equal("x", await third);
        Assert.False(fourth.IsCompleted);
        waiting[0].Dispose();
        Assert.Equal("x", await fourth);
        Assert.Empty(_events.Refusals);
        waiting[1].Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task With_every_thread_of_the_pool_blocked_a_client_that_disconnects_is_followed_by_the_next()
    {
        await using var server = PeerProcess.Start("serve", _directory["server.sock"], "--max", "1", "--blocked-pool", "1");
        await server.ExpectAsync("ready");
        var served = EchoClient.Connect(Path);
        await served.ExpectAnswerAsync();
        for (var i = 0; i < 20; i++)
        {
            var next = EchoClient.Connect(Path);
            await next.SendAsync("x");
            var answer = next.ReceiveAsync(1);
            await served.ExpectAnswerAsync(); // while the next one waits
            Assert.False(answer.IsCompleted);
            served.Dispose();
            Assert.Equal("x", await answer);
            served = next;
        }

        served.Dispose();
        await server.KillAsync(); // stopping takes a thread of the pool
    }

    [Fact(Timeout = 180_000)]
    public async Task Clients_of_one_user_beyond_its_limit_are_closed_and_reported()
    {
        await using var server = Start(maxPerUser: 2);
        using var first = EchoClient.Connect(Path);
        await first.ExpectAnswerAsync();
        using (var second = EchoClient.Connect(Path))
        {
            await second.ExpectAnswerAsync();
            using var third = EchoClient.Connect(Path);
            await third.ExpectClosedAsync();
            await Eventually.IsTrueAsync(() => !_events.Refusals.IsEmpty);
            var refusal = Assert.Single(_events.Refusals);
            Assert.Equal(LibcIdentity.EffectiveUser(), refusal.UserId);
            Assert.Equal(
                string.Create(CultureInfo.InvariantCulture, $"user {refusal.UserId} has 2 connections already"), refusal.ToString());
            await first.ExpectAnswerAsync();
        }

        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        using var later = EchoClient.Connect(Path);
        await later.ExpectAnswerAsync();
        Assert.Equal(3, _events.Started);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_user_at_its_limit_keeps_out_no_other_user()
    {
        if (!OrdinaryUser.WeAreRoot)
            Assert.Skip("run the tests as root: only root can start a client of a second user");
        await using var server = Start(maxPerUser: 1);
        using var ours = EchoClient.Connect(Path);
        await ours.ExpectAnswerAsync();
        using var tooMany = EchoClient.Connect(Path);
        await tooMany.ExpectClosedAsync();

        await using var theirs = PeerProcess.StartAsOrdinaryUser(_directory, "send-lines", _directory["server.sock"]);
        await theirs.ExpectAsync("ready");
        theirs.Send("hello");
        await theirs.ExpectAsync("hello");
        await using var tooManyOfTheirs = PeerProcess.StartAsOrdinaryUser(_directory, "send-lines", _directory["server.sock"]);
        await tooManyOfTheirs.ExpectAsync("ready");
        tooManyOfTheirs.Send("hello");
        await tooManyOfTheirs.ExpectAsync("closed");
        await Eventually.IsTrueAsync(() => _events.Refusals.Count == 2);
        Assert.Equal([0u, 65534u], _events.Refusals.Select(r => r.UserId));
        await ours.ExpectAnswerAsync();
    }

    [Fact]
    public void Invalid_limits_are_refused_by_the_setter_and_nothing_is_bound_without_a_handler()
    {
        Action<UnixServerOptions>[] invalid =
        [
            static o => o.MaxConnections = 0,
            static o => o.MaxConnections = -1,
            static o => o.MaxConnectionsPerUser = 0,
            static o => o.DrainTimeout = TimeSpan.FromSeconds(-5),
            static o => o.DrainTimeout = TimeSpan.MaxValue,
        ];
        var options = new UnixServerOptions();
        foreach (var set in invalid)
            Assert.Throws<ArgumentOutOfRangeException>("value", () => set(options));
        Assert.Equal((4096, 1024, TimeSpan.FromSeconds(5)), (options.MaxConnections, options.MaxConnectionsPerUser, options.DrainTimeout));
        Assert.Throws<ArgumentNullException>("value", () => options.Listener = null!);
        Assert.Throws<ArgumentNullException>("handler", () => UnixServer.Start(Path, null!));
        Assert.Throws<ArgumentNullException>("listener", () => UnixServer.Start((UnixListener)null!, EchoClient.ServeAsync));
        Assert.Empty(_directory.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_change_of_the_options_after_the_start_does_not_affect_the_server()
    {
        var options = new UnixServerOptions { Events = _events };
        await using var server = UnixServer.Start(Path, EchoClient.ServeAsync, options);
        options.MaxConnectionsPerUser = 1;
        options.Events = null;
        using EchoClient one = EchoClient.Connect(Path), two = EchoClient.Connect(Path);
        await one.ExpectAnswerAsync();
        await two.ExpectAnswerAsync();
        Assert.Equal(2, _events.Started);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_listener_belongs_to_the_server_once_it_has_started_and_not_before()
    {
        using var listener = UnixListener.Listen(Path);
        Assert.Throws<ArgumentNullException>(() => UnixServer.Start(listener, null!));

        await using (var server = UnixServer.Start(listener, EchoClient.ServeAsync))
        {
            Assert.Equal(Path, server.LocalEndPoint);
            using var client = EchoClient.Connect(Path);
            await client.ExpectAnswerAsync();
        }
        Assert.Throws<ObjectDisposedException>(() => listener.Accept());
        Assert.Empty(_directory.Names);
    }

    private UnixServer Start(int maxConnections = 100, int maxPerUser = 100) => UnixServer.Start(Path, EchoClient.ServeAsync, new()
    {
        Listener = new UnixListenerOptions
        {
            SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 },
            PeerPolicy = PeerPolicy.Anyone,
        },
        MaxConnections = maxConnections,
        MaxConnectionsPerUser = maxPerUser,
        Events = _events,
    });
}
