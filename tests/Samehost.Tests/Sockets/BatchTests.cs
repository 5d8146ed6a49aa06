using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class BatchTests : SocketTest
{
    public static TheoryData<bool> Ways => [true, false];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task A_batch_arrives_whole_and_in_order(bool asynchronous)
    {
        var (sender, receiver) = UnixDatagram.CreatePair();
        using var from = sender;
        using var to = receiver;
        var outgoing = new UnixDatagramBatch(64, 100);
        for (var i = 0; i < 64; i++)
            Assert.True(outgoing.TryAdd(Pattern(i, i)));
        Assert.False(outgoing.TryAdd([1]));
        await SendAsync(from, outgoing, asynchronous);
        Assert.Equal(64, outgoing.Count);
        var incoming = new UnixDatagramBatch(40, 100);
        Assert.Equal(40, await ReceiveAsync(to, incoming, asynchronous));
        Check(incoming, 0);
        Assert.Equal(24, await ReceiveAsync(to, incoming, asynchronous));
        Check(incoming, 40);

        static void Check(UnixDatagramBatch batch, int first)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                Assert.Equal(Pattern(first + i, first + i), batch[i].Memory.ToArray());
                Assert.Equal(first + i, batch[i].Length);
                Assert.Equal(UnixEndPoint.Unnamed, batch[i].Sender);
            }
        }
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task A_batch_is_sent_in_parts_while_the_queue_is_full(bool asynchronous)
    {
        using var to = UnixDatagram.Bind(At("a"));
        using var from = UnixDatagram.Create();
        from.Connect(At("a"));
        const int all = 500;
        var outgoing = new UnixDatagramBatch(all, 10);
        for (var i = 0; i < all; i++)
            outgoing.TryAdd(BitConverter.GetBytes(i));
        var sending = Task.Factory.StartNew(
            () => SendAsync(from, outgoing, asynchronous), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        var incoming = new UnixDatagramBatch(7, 10);
        for (var got = 0; got < all;)
        {
            var count = await ReceiveAsync(to, incoming, asynchronous);
            Assert.InRange(count, 1, 7);
            for (var i = 0; i < count; i++)
                Assert.Equal(got++, BitConverter.ToInt32(incoming[i].Span));
        }

        await sending;
    }

    [Fact(Timeout = Limit)]
    public async Task Truncated_datagrams_report_the_truncation()
    {
        using var to = UnixDatagram.Bind(At("a"));
        using var from = UnixDatagram.Bind(At("b"));
        from.SendTo(Pattern(100), At("a"));
        from.SendTo([], At("a"));
        from.SendTo([7], At("a"));
        var batch = new UnixDatagramBatch(8, 30);
        Assert.Equal(3, await to.ReceiveBatchAsync(batch, Token));
        Assert.Equal(Pattern(100)[..30], batch[0].Memory.ToArray());
        Assert.Equal((100, 0, 1), (batch[0].Length, batch[1].Length, batch[2].Length));
        Assert.Equal(0, batch[1].Length);
        Assert.Equal(7, batch[2].Span[0]);
        Assert.Equal(At("b"), batch[0].Sender);
    }

    [Fact(Timeout = Limit)]
    public async Task Each_datagram_has_its_own_sender()
    {
        using var to = UnixDatagram.Bind(At("to"));
        for (var i = 0; i < 6; i++)
        {
            using var from = i % 3 == 2 ? UnixDatagram.Create() : UnixDatagram.Bind(At($"from{i}"));
            from.SendTo([(byte)i], At("to"));
        }

        var batch = new UnixDatagramBatch(10, 10);
        Assert.Equal(6, await to.ReceiveBatchAsync(batch, Token));
        for (var i = 0; i < 6; i++)
            Assert.Equal(i % 3 == 2 ? UnixEndPoint.Unnamed : At($"from{i}"), batch[i].Sender);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task A_received_batch_can_be_forwarded_without_a_larger_buffer(bool asynchronous)
    {
        using var relay = UnixDatagram.Bind(At("relay"));
        using var first = UnixDatagram.Bind(At("first"));
        using var last = UnixDatagram.Bind(At("last"));
        relay.Connect(At("last"));
        using var incoming = UnixDatagram.Bind(At("in"));
        for (var i = 0; i < 5; i++)
            first.SendTo(Pattern(i * 10, i), At("in"));
        var batch = new UnixDatagramBatch(8, 35);
        Assert.Equal(5, incoming.ReceiveBatch(batch));
        await SendAsync(relay, batch, asynchronous);
        var buffer = new byte[100];
        for (var i = 0; i < 5; i++)
        {
            var datagram = await last.ReceiveAsync(buffer, Token);
            Assert.Equal(Pattern(i * 10, i)[..Math.Min(i * 10, 35)], buffer[..datagram.Count]);
            Assert.Equal(At("relay"), datagram.Sender);
        }

        Assert.True(batch.TryAdd([1])); // a sixth
        Assert.Equal(6, batch.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_canceled_receive_takes_nothing_and_leaves_the_batch_empty()
    {
        using var to = UnixDatagram.Bind(At("a"));
        var batch = new UnixDatagramBatch(4, 10);
        batch.TryAdd([1]);
        await Cancellations.OfOneAsync(token => to.ReceiveBatchAsync(batch, token));
        Assert.Equal(0, batch.Count);
        using var from = UnixDatagram.Create();
        from.SendTo([5], At("a"));
        Assert.Equal(1, await to.ReceiveBatchAsync(batch, Token));
        Assert.Equal(5, batch[0].Span[0]);
    }

    [Fact]
    public void Wrong_sizes_and_places_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixDatagramBatch(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixDatagramBatch(1025));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixDatagramBatch(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixDatagramBatch(1024, int.MaxValue));
        var batch = new UnixDatagramBatch(2, 3);
        Assert.Equal((2, 3, 0), (batch.Capacity, batch.MaxLength, batch.Count));
        Assert.Throws<ArgumentException>(() => batch.TryAdd(new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[0]);
        Assert.True(batch.TryAdd([1]));
        Assert.Equal(1, batch[0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[1].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[-1].Sender);
        batch.Clear();
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[0]);
        using var socket = UnixDatagram.Create();
        Assert.Throws<ArgumentNullException>(() => socket.SendBatch(null!));
        Assert.Throws<ArgumentNullException>(() => socket.ReceiveBatch(null!));
    }

    internal static async Task SendAsync(UnixDatagram socket, UnixDatagramBatch batch, bool asynchronous)
    {
        if (asynchronous)
            await socket.SendBatchAsync(batch, Token);
        else
            socket.SendBatch(batch);
    }

    internal static async Task<int> ReceiveAsync(UnixDatagram socket, UnixDatagramBatch batch, bool asynchronous) =>
        asynchronous ? await socket.ReceiveBatchAsync(batch, Token) : socket.ReceiveBatch(batch);
}
