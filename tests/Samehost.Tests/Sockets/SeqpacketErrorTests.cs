using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class SeqpacketErrorTests : SocketTest
{
    [Fact(Timeout = Limit)]
    public async Task A_record_beyond_the_send_buffer_is_refused_whole()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        _ = LibcSocketOptions.Get((Descriptor)pair.Client.SafeHandle, LibcSocketOptions.SO_SNDBUF, out var room);
        Failures.Is(Errno.EMSGSIZE, "send", Assert.Throws<UnixSocketException>(() => pair.Client.Send(new byte[room])));
        Assert.Equal(
            Errno.EMSGSIZE,
            (await Assert.ThrowsAsync<UnixSocketException>(async () => await pair.Client.SendAsync(new byte[room], Token))).Errno);
        var large = Pattern(100_000);
        await pair.Client.SendAsync(large, Token);
        var buffer = new byte[100_001];
        Assert.Equal(100_000, pair.Server.Receive(buffer).Count);
        Assert.Equal(large, buffer[..100_000]);
    }

    [Fact(Timeout = Limit)]
    public async Task Stream_and_seqpacket_sockets_cannot_connect_to_each_other()
    {
        using var streams = UnixListener.Listen(At("stream"));
        using var seqpackets = UnixSeqpacketListener.Listen(At("seqpacket"));
        Failures.Is(Errno.EPROTOTYPE, "connect", Assert.Throws<UnixSocketException>(() => UnixSeqpacket.Connect(At("stream"))),
            At("stream"));
        Failures.Is(Errno.EPROTOTYPE, "connect", Assert.Throws<UnixSocketException>(() => UnixStream.Connect(At("seqpacket"))),
            At("seqpacket"));
        var failure = await Assert.ThrowsAsync<UnixSocketException>(async () =>
            await UnixSeqpacket.ConnectAsync(At("nothing"), null, Token));
        Failures.Is(Errno.ENOENT, "connect", failure, At("nothing"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_canceled_receive_takes_nothing_and_the_next_one_gets_the_record()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        for (var i = 0; i < 100; i++)
        {
            await Cancellations.OfOneAsync(token => pair.Server.ReceiveAsync(new byte[10], null, token));
            pair.Client.Send([(byte)i]);
            var buffer = new byte[10];
            Assert.Equal(1, (await pair.Server.ReceiveAsync(buffer, null, Token)).Count);
            Assert.Equal(i, buffer[0]);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_canceled_send_sends_nothing()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        var filled = 0;
        using var full = new CancellationTokenSource();
        Task waiting;
        while (true)
        {
            waiting = pair.Client.SendAsync(new byte[10_000], full.Token).AsTask();
            if (!waiting.IsCompleted)
                break;
            await waiting;
            filled++;
        }

        await full.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        pair.Client.ShutdownWrite();
        var got = 0;
        while (!(await pair.Server.ReceiveAsync(new byte[10_000], null, Token)).IsEnd)
            got++;
        Assert.Equal(filled, got);
    }

    [Fact(Timeout = Limit)]
    public async Task Canceled_accepts_lose_no_connection()
    {
        using var listener = UnixSeqpacketListener.Listen(At("a"));
        await Cancellations.OfOneAsync(listener.AcceptAsync);
        using var client = UnixSeqpacket.Connect(At("a"));
        using var server = await listener.AcceptAsync(Token);
        client.Send([1]);
        Assert.Equal(1, server.Receive(new byte[1]).Count);
    }

    [Fact(Timeout = Limit)]
    public async Task Closing_ends_the_calls_that_wait()
    {
        await using var pair = await SeqpacketPair.ConnectAsync(At("a"), Token);
        var waiting = pair.Client.ReceiveAsync(new byte[1], null, Token).AsTask();
        var blocked = Task.Factory.StartNew(
            () => pair.Server.Receive(new byte[1]), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        pair.Client.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.True((await blocked).IsEnd);
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Send([1]));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Receive(new byte[1]));
    }
}
