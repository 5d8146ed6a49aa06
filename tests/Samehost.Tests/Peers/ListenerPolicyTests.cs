using Samehost.Tests.Sockets;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class ListenerPolicyTests : SocketTest
{
    /// <summary>Does not admit the user that runs the tests.</summary>
    private static readonly PeerPolicy NotUs = PeerPolicy.Parse("uid:4000000000");

    private static UnixListenerOptions For(PeerPolicy? policy) => new()
    {
        PeerPolicy = policy,
        SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 },
    };

    [Theory(Timeout = Limit)]
    [InlineData("stream")]
    [InlineData("seqpacket")]
    public async Task By_default_another_user_is_refused_before_a_byte_is_read_and_ours_is_served(string type)
    {
        OtherUser.NeedsRoot();
        using IDisposable listener = type == "stream"
            ? UnixListener.Listen(At("a"), For(null))
            : UnixSeqpacketListener.Listen(At("a"), For(null));
        var accepting = AcceptAsync(listener);
        await using var otherUser = PeerProcess.StartAsOrdinaryUser(Temp, "scripted-client", Temp["a"], "--type", type);
        await otherUser.ExpectAsync("ready");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("connected", await otherUser.AskAsync("connect"));
            Assert.Contains(await otherUser.AskAsync("send secret"), new[] { "sent", "failed EPIPE", "failed ECONNRESET" });
            Assert.Contains(await otherUser.AskAsync("receive"), new[] { "end", "failed ECONNRESET" });
            Assert.False(accepting.IsCompleted);
        }

        await using var ours = PeerProcess.Start("scripted-client", Temp["a"], "--type", type);
        await ours.ExpectAsync("ready");
        Assert.Equal("connected", await ours.AskAsync("connect"));
        var (peer, connection) = await accepting;
        using (connection)
            Assert.Equal(ours.Id, peer.ProcessId);
    }

    [Fact(Timeout = Limit)]
    public async Task A_third_user_is_allowed_by_user_by_group_or_by_supplementary_group()
    {
        OtherUser.NeedsRoot();
        await using var peer = PeerProcess.StartUnder(Temp, OtherUser.With(777, 888), "scripted-client", Temp["a"]);
        await peer.ExpectAsync("ready");
        foreach (var policy in new[] { "uid:12345", "gid:23456", "gid:777", "self,gid:888", "user:root,uid:1,uid:12345", "anyone" })
        {
            using var listener = UnixListener.Listen(At("a"), For(PeerPolicy.Parse(policy)));
            Assert.Equal("connected", await peer.AskAsync("connect"));
            using var accepted = await listener.AcceptAsync(Token);
            Assert.Equal(OtherUser.Id, accepted.GetPeerCredentials().UserId);
        }

        foreach (var policy in new[] { "uid:12346", "uid:777", "uid:23456", "gid:12345", "gid:889", "self,root,group:root,user:root" })
        {
            using var listener = UnixListener.Listen(At("a"), For(PeerPolicy.Parse(policy)));
            var accepting = listener.AcceptAsync(Token).AsTask();
            Assert.Equal("connected", await peer.AskAsync("connect"));
            Assert.Equal("end", await peer.AskAsync("receive"));
            Assert.False(accepting.IsCompleted, policy);
            listener.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_blocking_accept_refuses_too()
    {
        using var listener = UnixListener.Listen(At("a"), For(NotUs));
        var accepting = Task.Factory.StartNew(listener.Accept, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var i = 0; i < 100; i++)
        {
            using var client = UnixStream.Connect(At("a"));
            Assert.Equal(0, await client.ReadAsync(new byte[1], Token));
        }

        Assert.False(accepting.IsCompleted);
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backlog_full_of_refused_clients_is_emptied_and_leaves_nothing_open(bool asynchronous)
    {
        using var listener = UnixListener.Listen(At("a"), For(NotUs));
        var clients = Enumerable.Range(0, 300).Select(_ => UnixStream.Connect(At("a"))).ToList();
        foreach (var client in clients)
            client.WriteByte(1);
        using var done = new CancellationTokenSource();
        var accepting = asynchronous
            ? listener.AcceptAsync(done.Token).AsTask()
            : Task.Factory.StartNew(listener.Accept, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        foreach (var client in clients)
        {
            // Closed with an unread byte of ours: the end comes as a reset.
            var end = await Assert.ThrowsAsync<IOException>(() => client.ReadExactlyAsync(new byte[1], Token).AsTask());
            Assert.Equal(Errno.ECONNRESET, Assert.IsType<UnixSocketException>(end.InnerException).Errno);
            client.Dispose();
        }

        Assert.False(accepting.IsCompleted);
        await done.CancelAsync();
        listener.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => accepting);
    }

    [Fact(Timeout = Limit)]
    public async Task The_policy_applies_to_a_listener_from_a_descriptor()
    {
        using var maker = UnixListener.Listen(At("a"));
        using var listener = UnixListener.FromDescriptor(maker.SafeHandle, For(NotUs));
        var accepting = listener.AcceptAsync(Token).AsTask();
        using (var client = UnixStream.Connect(At("a")))
            Assert.Equal(0, await client.ReadAsync(new byte[1], Token));
        Assert.False(accepting.IsCompleted);
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
    }

    [Fact]
    public void An_abstract_name_needs_a_policy()
    {
        var name = AbstractName();
        foreach (var endPoint in new[] { name, UnixEndPoint.Autobind })
        {
            Needs(() => UnixListener.Listen(endPoint));
            Needs(() => UnixSeqpacketListener.Listen(endPoint));
            Needs(() => UnixDatagram.Bind(endPoint));
            Needs(() => UnixListener.Listen(endPoint, new UnixListenerOptions { AcceptDescriptors = true }));
        }

        using var listener = UnixListener.Listen(name, For(PeerPolicy.SelfAndRoot));
        Needs(() => UnixListener.FromDescriptor(listener.SafeHandle));
        using var second = UnixListener.FromDescriptor(listener.SafeHandle, For(PeerPolicy.Anyone));
        using var client = UnixStream.Connect(name);
        using var accepted = second.Accept();
        Passes(client, accepted);

        static void Needs(Func<IDisposable> bind) =>
            Assert.Contains("abstract name has no permissions", Assert.Throws<ArgumentException>(bind).Message, StringComparison.Ordinal);
    }

    private static async Task<(PeerCredentials Peer, IDisposable Connection)> AcceptAsync(IDisposable listener)
    {
        if (listener is UnixListener streams)
        {
            var stream = await streams.AcceptAsync(Token);
            return (stream.GetPeerCredentials(), stream);
        }

        var socket = await ((UnixSeqpacketListener)listener).AcceptAsync(Token);
        return (socket.GetPeerCredentials(), socket);
    }
}
