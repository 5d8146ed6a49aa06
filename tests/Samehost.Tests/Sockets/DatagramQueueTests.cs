using System.Buffers.Binary;
using System.Globalization;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>A receiver that does not keep up: its queue is full.</summary>
[Collection(NonParallel.Name)]
public sealed class DatagramQueueTests : CountingSocketTest
{
    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(5);
    private readonly byte[] _buffer = new byte[100];

    public static TheoryData<bool, bool> Ways => new() { { true, true }, { true, false }, { false, true }, { false, false } };

    [Theory(Timeout = 180_000), MemberData(nameof(Ways))]
    public async Task A_sender_sleeps_until_there_is_room(bool connected, bool blocking)
    {
        const int Count = 500;
        var room = int.Parse(await File.ReadAllTextAsync("/proc/sys/net/unix/max_dgram_qlen", Token), CultureInfo.InvariantCulture) + 1;
        Assert.SkipWhen(room >= Count, "net.unix.max_dgram_qlen is too large here to fill a queue");
        using var receiver = UnixDatagram.Bind(At("r"));
        await using var peer = PeerProcess.Start(
            "send-datagrams", Temp["r"], "--count", $"{Count}", "--connected", YesNo(connected), "--blocking", YesNo(blocking));
        await peer.ExpectAsync("ready");
        while ((await LookAsync(peer)).Sent < room)
            await Task.Yield();

        // The time itself is the subject: a waiting call must not use the processor.
        var used = await Processor.LeastUseAsync(TimeSpan.FromMilliseconds(500), async () => (await LookAsync(peer)).Microseconds);
        Assert.Equal(room, (await LookAsync(peer)).Sent);
        Assert.InRange(used, 0, Processor.Idle);

        for (var i = 0; i < Count; i++)
        {
            Assert.Equal(4, (await receiver.ReceiveAsync(_buffer, Token)).Length);
            Assert.Equal(i, BinaryPrimitives.ReadInt32LittleEndian(_buffer));
        }

        while ((await LookAsync(peer)).Sent < Count)
            await Task.Yield();
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_send_that_waits_is_canceled_and_has_sent_nothing(bool connected)
    {
        using var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        var sent = await FillAsync(sender, connected);
        using var canceled = new CancellationTokenSource();
        var send = Send(sender, connected, 99, canceled.Token);
        Assert.False(send.IsCompleted);

        await canceled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        for (var i = 0; i < sent; i++)
        {
            receiver.Receive(_buffer);
            Assert.Equal(1, _buffer[0]);
        }

        await Send(sender, connected, 2, Token);
        receiver.Receive(_buffer);
        Assert.Equal(2, _buffer[0]);
    }

    [Theory(Timeout = Limit), MemberData(nameof(Ways))]
    public async Task A_send_that_waits_ends_when_its_socket_is_closed(bool connected, bool blocking)
    {
        using var receiver = UnixDatagram.Bind(At("r"));
        var sender = UnixDatagram.Create();
        await FillAsync(sender, connected);
        using var started = new CountdownEvent(1);
        var send = blocking
            ? Task.Run(
                () =>
                {
                    started.Signal();
                    if (connected)
                        sender.Send([1]);
                    else
                        sender.SendTo([1], At("r"));
                },
                Token)
            : Send(sender, connected, 1, Token);
        if (blocking)
            started.Wait(Token);
        Assert.False(send.IsCompleted);

        await sender.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => send.WaitAsync(Promptly, Token));
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_send_that_waits_fails_when_the_receiver_closes(bool connected)
    {
        var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        await FillAsync(sender, connected);
        var send = Send(sender, connected, 1, Token);

        await receiver.DisposeAsync();

        var failure = await Assert.ThrowsAsync<UnixSocketException>(() => send.WaitAsync(Promptly, Token));
        Failures.Is(Errno.ENOENT, "send", failure, At("r"));
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_receive_that_waits_ends_when_its_socket_is_closed(bool blocking)
    {
        var receiver = UnixDatagram.Bind(At("r"));
        using var started = new CountdownEvent(1);
        var receive = blocking
            ? Task.Run(
                () =>
                {
                    started.Signal();
                    return receiver.Receive(_buffer);
                },
                Token)
            : receiver.ReceiveAsync(_buffer, Token).AsTask();
        if (blocking)
            started.Wait(Token);

        await receiver.DisposeAsync();
        await receiver.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => receive.WaitAsync(Promptly, Token));
        Assert.Throws<ObjectDisposedException>(() => receiver.Receive(_buffer));
        Assert.Throws<ObjectDisposedException>(() => receiver.SendTo([1], At("r")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => receiver.SendToAsync(new byte[1], At("r"), Token).AsTask());
    }

    [Fact(Timeout = Limit)]
    public async Task Many_senders_that_wait_for_one_receiver_all_send()
    {
        const int Senders = 20;
        const int Each = 100;
        using var receiver = UnixDatagram.Bind(At("r"));
        var senders = Enumerable.Range(0, Senders).Select(number => Task.Run(
            async () =>
            {
                using var sender = UnixDatagram.Create();
                if (number % 2 == 0)
                    sender.Connect(At("r"));
                for (var i = 0; i < Each; i++)
                    await Send(sender, number % 2 == 0, (byte)number, Token);
            },
            Token)).ToArray();

        var seen = new int[Senders];
        for (var i = 0; i < Senders * Each; i++)
        {
            await receiver.ReceiveAsync(_buffer, Token);
            seen[_buffer[0]]++;
        }

        await Task.WhenAll(senders);
        Assert.All(seen, count => Assert.Equal(Each, count));
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static async Task<(int Sent, long Microseconds)> LookAsync(PeerProcess peer)
    {
        peer.Send("look");
        var words = (await peer.ReadLineAsync())!.Split(' ');
        return (int.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    private Task Send(UnixDatagram sender, bool connected, byte value, CancellationToken token) =>
        connected ? sender.SendAsync(new[] { value }, token).AsTask() : sender.SendToAsync(new[] { value }, At("r"), token).AsTask();

    /// <summary>Sends until a send has to wait, and takes that one back.</summary>
    private async Task<int> FillAsync(UnixDatagram sender, bool connected)
    {
        if (connected)
            sender.Connect(At("r"));
        for (var sent = 0; ; sent++)
        {
            using var canceled = new CancellationTokenSource();
            var send = Send(sender, connected, 1, canceled.Token);
            if (send.IsCompletedSuccessfully)
                continue;
            await canceled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
            return sent;
        }
    }
}
