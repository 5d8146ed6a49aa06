using Samehost.Tests.Sockets;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class DatagramPolicyTests : SocketTest
{
    private static UnixDatagramOptions For(string policy) => new()
    {
        PeerPolicy = PeerPolicy.Parse(policy),
        SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 },
    };

    public static TheoryData<string> Ways => ["receive", "blocking receive", "message", "blocking message", "batch", "blocking batch"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task Datagrams_of_others_are_dropped_unread_and_ours_arrive(string way)
    {
        OtherUser.NeedsRoot();
        using var socket = UnixDatagram.Bind(At("a"), For("self"));
        await using var otherUser = PeerProcess.StartAsOrdinaryUser(Temp, "scripted-client", Temp["a"], "--type", "datagram");
        await otherUser.ExpectAsync("ready");
        Assert.Equal("connected", await otherUser.AskAsync("connect"));
        using var sender = UnixDatagram.Create();
        for (var i = 0; i < 3; i++)
            Assert.Equal("sent", await otherUser.AskAsync("send denied"));
        sender.SendTo("first"u8, At("a"));
        Assert.Equal("sent", await otherUser.AskAsync("send denied"));
        sender.SendTo("second"u8, At("a"));
        Assert.Equal("first second", await ReceiveTwoAsync(socket, way));
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task A_receive_continues_to_wait_while_only_others_send(string way)
    {
        using var socket = UnixDatagram.Bind(At("a"), For("uid:4000000000"));
        using var sender = UnixDatagram.Create();
        var receiving = Task.Run(() => ReceiveTwoAsync(socket, way));
        for (var i = 0; i < 100; i++)
            await sender.SendToAsync("nothing"u8.ToArray(), At("a"), Token); // more than the queue holds: they are taken out
        Assert.False(receiving.IsCompleted);
        socket.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => receiving);
    }

    [Fact(Timeout = Limit)]
    public async Task Another_user_is_allowed_by_number_and_by_its_first_group_only()
    {
        OtherUser.NeedsRoot();
        await using var peer = PeerProcess.StartUnder(Temp, OtherUser.With(777), "scripted-client", Temp["a"], "--type", "datagram");
        await peer.ExpectAsync("ready");
        foreach (var policy in new[] { "uid:12345", "gid:23456" })
        {
            using var socket = UnixDatagram.Bind(At("a"), For(policy));
            Assert.Equal("connected", await peer.AskAsync("connect"));
            Assert.Equal("sent", await peer.AskAsync("send hello"));
            Assert.Equal(5, (await socket.ReceiveAsync(new byte[10], Token)).Count);
        }

        using var closed = UnixDatagram.Bind(At("a"), For("gid:777,self"));
        Assert.Equal("connected", await peer.AskAsync("connect"));
        Assert.Equal("sent", await peer.AskAsync("send hello"));
        using var sender = UnixDatagram.Create();
        sender.SendTo("us"u8, At("a"));
        Assert.Equal(2, (await closed.ReceiveAsync(new byte[10], Token)).Count);
    }

    private static async Task<string> ReceiveTwoAsync(UnixDatagram socket, string way)
    {
        var buffer = new byte[20];
        var batch = new UnixDatagramBatch(4, 20);
        var got = new List<string>();
        while (got.Count < 2)
        {
            if (way.EndsWith("batch", StringComparison.Ordinal))
            {
                var count = way == "batch" ? await socket.ReceiveBatchAsync(batch, Token) : socket.ReceiveBatch(batch);
                got.AddRange(Enumerable.Range(0, count).Select(i => System.Text.Encoding.UTF8.GetString(batch[i].Span)));
                continue;
            }

            int length;
            if (way.EndsWith("message", StringComparison.Ordinal))
            {
                using var message = way == "message"
                    ? await socket.ReceiveAsync(buffer, null, Token)
                    : socket.Receive(buffer);
                Assert.Equal(Environment.ProcessId, message.Credentials!.ProcessId);
                length = message.Count;
            }
            else
            {
                length = (way == "receive" ? await socket.ReceiveAsync(buffer, Token) : socket.Receive(buffer)).Count;
            }

            got.Add(System.Text.Encoding.UTF8.GetString(buffer, 0, length));
        }

        return string.Join(' ', got);
    }
}
