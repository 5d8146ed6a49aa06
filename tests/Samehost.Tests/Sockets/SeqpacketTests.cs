using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class SeqpacketTests : SocketTest
{
    [Fact(Timeout = Limit)]
    public async Task Records_keep_their_bounds_and_their_order_both_ways()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        foreach (var (from, to) in new[] { (pair.Client, pair.Server), (pair.Server, pair.Client) })
        {
            for (var length = 0; length < 50; length++)
                await from.SendAsync(Pattern(length, length), Token);
            for (var length = 0; length < 50; length++)
            {
                var buffer = new byte[100];
                var record = await to.ReceiveAsync(buffer, null, Token);
                Assert.Equal((length, length, false, false), (record.Count, record.Length, record.IsTruncated, record.IsEnd));
                Assert.Equal(Pattern(length, length), buffer[..length]);
                Assert.Equal(UnixEndPoint.Unnamed, record.Sender);
                Assert.Null(record.Credentials);
            }
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    public async Task A_truncated_record_reports_its_size_and_the_next_is_complete(int room)
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        var buffer = new byte[room];
        for (var i = 0; i < 2; i++)
        {
            pair.Client.Send(Pattern(100));
            pair.Client.Send("next"u8);
            var cut = i == 0 ? pair.Server.Receive(buffer) : await pair.Server.ReceiveAsync(buffer, null, Token);
            Assert.Equal((room, 100, true, false), (cut.Count, cut.Length, cut.IsTruncated, cut.IsEnd));
            Assert.Equal(Pattern(100)[..room], buffer);
            var next = pair.Server.Receive(new byte[10]);
            Assert.Equal((4, false), (next.Count, next.IsTruncated));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Blocking_and_asynchronous_ends_talk_to_each_other()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        var echo = Task.Factory.StartNew(
            () =>
            {
                var buffer = new byte[1000];
                while (pair.Server.Receive(buffer) is { IsEnd: false } record)
                    pair.Server.Send(buffer.AsSpan(0, record.Count));
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var answer = new byte[1000];
        for (var i = 0; i < 500; i++)
        {
            await pair.Client.SendAsync(Pattern(i, i), Token);
            Assert.Equal(i, (await pair.Client.ReceiveAsync(answer, null, Token)).Count);
            Assert.Equal(Pattern(i, i), answer[..i]);
        }

        pair.Client.ShutdownWrite();
        await echo;
    }

    [Fact(Timeout = Limit)]
    public async Task A_sender_waits_for_room_and_loses_nothing()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        const int records = 2_000;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < records; i++)
                await pair.Client.SendAsync(BitConverter.GetBytes(i).Concat(new byte[1000]).ToArray(), Token);
        }, Token);
        var buffer = new byte[2000];
        for (var i = 0; i < records; i++)
        {
            Assert.Equal(1004, (await pair.Server.ReceiveAsync(buffer, null, Token)).Count);
            Assert.Equal(i, BitConverter.ToInt32(buffer));
        }

        await sending;
    }

    [Fact(Timeout = Limit)]
    public async Task Abstract_names_serve_the_peers_that_the_policy_allows()
    {
        var name = AbstractName();
        using var listener = UnixSeqpacketListener.Listen(name, new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot });
        Assert.Equal(name, listener.LocalEndPoint);
        using var client = UnixSeqpacket.Connect(name);
        using var server = await listener.AcceptAsync(Token);
        Assert.Equal(name, client.RemoteEndPoint);
        client.Send("x"u8);
        Assert.Equal(1, server.Receive(new byte[1]).Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_that_was_created_elsewhere_is_duplicated()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        using var copy = UnixSeqpacket.FromDescriptor(pair.Server.SafeHandle);
        pair.Server.Dispose();
        pair.Client.Send("x"u8);
        Assert.Equal(1, copy.Receive(new byte[1]).Count);
        using var maker = UnixSeqpacketListener.Listen(At("b"));
        using var listener = UnixSeqpacketListener.FromDescriptor(maker.SafeHandle);
        using var client = UnixSeqpacket.Connect(At("b"));
        using var server = listener.Accept();
        Assert.Equal(At("b"), client.RemoteEndPoint);
    }

    [Fact]
    public void A_descriptor_of_another_type_is_refused()
    {
        var (stream, other) = UnixStream.CreatePair();
        using var one = stream;
        using var two = other;
        Assert.Throws<ArgumentException>(() => UnixSeqpacket.FromDescriptor(one.SafeHandle));
        Assert.Throws<ArgumentException>(() => UnixSeqpacketListener.FromDescriptor(one.SafeHandle));
        var (seqpacket, peer) = UnixSeqpacket.CreatePair();
        using var three = seqpacket;
        using var four = peer;
        Assert.Throws<ArgumentException>(() => UnixSeqpacketListener.FromDescriptor(three.SafeHandle)); // does not listen
    }

    [Fact(Timeout = Limit)]
    public async Task A_closed_listener_leaves_no_file_and_ends_its_accepts()
    {
        var listener = UnixSeqpacketListener.Listen(At("a"));
        var accepting = listener.AcceptAsync(Token).AsTask();
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
        Assert.Empty(Temp.Names);
    }
}
