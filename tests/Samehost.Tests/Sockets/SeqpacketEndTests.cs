using Xunit;

namespace Samehost.Tests.Sockets;

[Collection(Support.NonParallel.Name)]
public sealed class SeqpacketEndTests : SocketTest
{
    public static TheoryData<string> Ways => ["connected", "accepted", "pair", "adopted"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task An_empty_record_is_not_the_end_and_the_end_is_no_record(string way)
    {
        await using var pair = await SeqpacketPair.MakeAsync(way, At("a"), Token);
        pair.Server.Send([]);
        pair.Server.Send([1]);
        pair.Server.Send([]);
        pair.Server.ShutdownWrite();
        var buffer = new byte[10];
        var first = await pair.Client.ReceiveAsync(buffer, null, Token);
        Assert.Equal((0, 0, false), (first.Count, first.Length, first.IsEnd));
        Assert.Equal((1, false), (pair.Client.Receive(buffer).Count, first.IsEnd));
        Assert.False(pair.Client.Receive([]).IsEnd);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(pair.Client.Receive(buffer).IsEnd);
            Assert.True((await pair.Client.ReceiveAsync(buffer, null, Token)).IsEnd);
        }
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task An_empty_record_that_was_sent_before_the_accept_is_a_record_too(string way)
    {
        await using var pair = await SeqpacketPair.MakeAsync(way, At("a"), Token);
        var receiving = pair.Client.ReceiveAsync(new byte[1], null, Token).AsTask();
        await pair.Server.SendAsync(ReadOnlyMemory<byte>.Empty, Token);
        Assert.False((await receiving).IsEnd);
        pair.Server.Dispose();
        Assert.True(pair.Client.Receive(new byte[1]).IsEnd);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task After_a_half_close_the_other_direction_continues(string way)
    {
        await using var pair = await SeqpacketPair.MakeAsync(way, At("a"), Token);
        pair.Client.ShutdownWrite();
        Assert.True(pair.Server.Receive(new byte[1]).IsEnd);
        Assert.Equal(Errno.EPIPE, Assert.Throws<UnixSocketException>(() => pair.Client.Send([1])).Errno);
        pair.Server.Send([1, 2]);
        Assert.Equal(2, pair.Client.Receive(new byte[2]).Count);
        pair.Server.Dispose();
        Assert.True(pair.Client.Receive(new byte[2]).IsEnd);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task A_peer_that_closed_without_reading_resets_after_the_records_it_sent(string way)
    {
        await using var pair = await SeqpacketPair.MakeAsync(way, At("a"), Token);
        pair.Client.Send([1]);
        pair.Server.Send([1, 2]);
        pair.Server.Send([]);
        pair.Server.Dispose();
        Assert.Equal(2, pair.Client.Receive(new byte[5]).Count);
        Assert.False((await pair.Client.ReceiveAsync(new byte[5], null, Token)).IsEnd);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Errno.ECONNRESET, Assert.Throws<UnixSocketException>(() => pair.Client.Receive(new byte[5])).Errno);
            var again = await Assert.ThrowsAsync<UnixSocketException>(async () => await pair.Client.ReceiveAsync(new byte[5], null, Token));
            Assert.Equal(Errno.ECONNRESET, again.Errno);
        }
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task A_reset_that_a_send_reported_is_not_read_as_an_end_of_stream(string way)
    {
        await using var pair = await SeqpacketPair.MakeAsync(way, At("a"), Token);
        pair.Client.Send([1]);
        pair.Server.Send([1, 2]);
        pair.Server.Dispose();
        Assert.Equal(Errno.ECONNRESET, Assert.Throws<UnixSocketException>(() => pair.Client.Send([1])).Errno);
        Assert.Equal(Errno.EPIPE, Assert.Throws<UnixSocketException>(() => pair.Client.Send([1])).Errno);
        Assert.Equal(2, pair.Client.Receive(new byte[5]).Count);
        Assert.Equal(Errno.ECONNRESET, Assert.Throws<UnixSocketException>(() => pair.Client.Receive(new byte[5])).Errno);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Ways))]
    public async Task Sending_to_a_peer_that_has_closed_is_EPIPE_and_no_signal(string way)
    {
        await using var pair = await SeqpacketPair.MakeAsync(way, At("a"), Token);
        pair.Server.Dispose();
        var failure = await Assert.ThrowsAsync<UnixSocketException>(async () => await pair.Client.SendAsync(new byte[1], Token));
        Failures.Is(Errno.EPIPE, "send", failure);
    }
}
