using System.Buffers.Binary;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Reads, writes, receives and sends are canceled again and again; nothing is lost and nothing comes twice.</summary>
[Collection(NonParallel.Name)]
public sealed class TransferCancellationTests : CountingSocketTest
{
    [Fact(Timeout = Limit)]
    public async Task A_hundred_thousand_canceled_reads_take_nothing()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var buffer = new byte[10];
        for (var i = 0; i < 100_000; i++)
            await Cancellations.OfOneAsync(token => near.ReadAsync(buffer, token));

        await PassesAsync(far, near);
    }

    [Fact(Timeout = Limit)]
    public async Task A_hundred_thousand_canceled_writes_that_had_not_begun_send_nothing()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var sent = Pattern(2_000_000);
        var first = near.WriteAsync(sent, Token).AsTask(); // waits for room, and the others behind it
        var never = new byte[100];
        for (var i = 0; i < 100_000; i++)
            await Cancellations.OfOneAsync(token => near.WriteAsync(never, token));

        var got = new byte[sent.Length];
        await far.ReadExactlyAsync(got, Token);
        await first;
        Assert.True(sent.AsSpan().SequenceEqual(got));
        await PassesAsync(near, far);
    }

    [Fact(Timeout = Limit)]
    public async Task Bytes_are_neither_lost_nor_doubled_by_reads_that_are_canceled_as_they_arrive()
    {
        const int Length = 400_000;
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var sent = Pattern(Length);
        var sending = Task.Run(
            () =>
            {
                var random = new Random(5);
                for (var at = 0; at < Length;)
                {
                    var count = Math.Min(random.Next(1, 60), Length - at);
                    far.Write(sent.AsSpan(at, count));
                    at += count;
                    Thread.SpinWait(random.Next(0, 300));
                }
            },
            Token);

        var got = new byte[Length];
        var canceled = 0;
        await Task.Run(
            async () =>
            {
                var random = new Random(6);
                for (var at = 0; at < Length;)
                {
                    using var source = new CancellationTokenSource();
                    var read = near.ReadAsync(got.AsMemory(at), source.Token);
                    if (!read.IsCompleted)
                        Cancellations.AfterSpinning(source, random.Next(0, 30));
                    try
                    {
                        at += await read;
                    }
                    catch (OperationCanceledException)
                    {
                        canceled++;
                    }
                }
            },
            Token);

        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(got));
        Assert.NotEqual(0, canceled);
    }

    [Fact(Timeout = Limit)]
    public async Task A_hundred_thousand_canceled_receives_take_nothing()
    {
        using var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        var buffer = new byte[10];
        for (var i = 0; i < 100_000; i++)
            await Cancellations.OfOneAsync(token => receiver.ReceiveAsync(buffer, token));

        sender.SendTo([7], At("r"));
        Assert.Equal(1, (await receiver.ReceiveAsync(buffer, Token)).Length);
    }

    [Theory(Timeout = Limit), InlineData(true, 100_000), InlineData(false, 10_000)]
    public async Task Canceled_sends_send_nothing(bool connected, int count)
    {
        using var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        sender.Connect(At("r"));
        var sent = 0;
        byte[] wanted = [1];
        byte[] never = [2];
        using var canceled = new CancellationTokenSource();
        var last = sender.SendAsync(wanted, canceled.Token).AsTask();
        for (; last.IsCompletedSuccessfully; sent++)
            last = sender.SendAsync(wanted, canceled.Token).AsTask();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        using var unconnected = UnixDatagram.Create();

        for (var i = 0; i < count; i++)
        {
            await Cancellations.OfOneAsync(
                token => connected ? sender.SendAsync(never, token) : unconnected.SendToAsync(never, At("r"), token));
        }

        var buffer = new byte[10];
        for (var i = 0; i < sent; i++)
        {
            receiver.Receive(buffer);
            Assert.Equal(1, buffer[0]);
        }

        unconnected.SendTo([3], At("r"));
        receiver.Receive(buffer);
        Assert.Equal(3, buffer[0]);
    }

    [Fact(Timeout = Limit)]
    public async Task After_a_canceled_send_the_next_one_waits_for_room_itself()
    {
        using var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        sender.Connect(At("r"));
        var datagram = new byte[1];
        for (var i = 0; i < 200; i++)
        {
            using var source = new CancellationTokenSource();
            Task send;
            do
                send = sender.SendAsync(datagram, source.Token).AsTask();
            while (send.IsCompletedSuccessfully);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);

            // There is room now, and it is found whether or not the loop has seen the event.
            receiver.Receive(datagram);
            // Not on the event loop, where this may continue after the cancellation: a call there gives way after some that did not wait.
            Assert.True(await Task.Run(() => sender.SendAsync(datagram, Token).AsTask().IsCompletedSuccessfully, Token));
        }
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task Each_datagram_is_received_once_although_both_sides_cancel(bool connected)
    {
        const int Count = 5_000;
        using var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        if (connected)
            sender.Connect(At("r"));

        var canceledSends = 0;
        var sending = Task.Run(
            async () =>
            {
                var random = new Random(7);
                var bytes = new byte[sizeof(int)];
                for (var i = 0; i < Count;)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(bytes, i);
                    using var source = new CancellationTokenSource();
                    var send = connected ? sender.SendAsync(bytes, source.Token) : sender.SendToAsync(bytes, At("r"), source.Token);
                    if (!send.IsCompleted)
                        Cancellations.AfterSpinning(source, random.Next(0, 40));
                    try
                    {
                        await send;
                        i++;
                    }
                    catch (OperationCanceledException)
                    {
                        canceledSends++; // not sent: the same number again
                    }
                }
            },
            Token);

        var canceledReceives = 0;
        await Task.Run(
            async () =>
            {
                var random = new Random(8);
                var bytes = new byte[sizeof(int)];
                for (var expected = 0; expected < Count;)
                {
                    using var source = new CancellationTokenSource();
                    var receive = receiver.ReceiveAsync(bytes, source.Token);
                    if (!receive.IsCompleted)
                        Cancellations.AfterSpinning(source, random.Next(0, 40));
                    try
                    {
                        await receive;
                        Assert.Equal(expected, BinaryPrimitives.ReadInt32LittleEndian(bytes));
                        expected++;
                        if (expected % 40 == 0)
                            await Task.Yield(); // lets the queue fill up
                    }
                    catch (OperationCanceledException)
                    {
                        canceledReceives++;
                    }
                }
            },
            Token);
        await sending;

        Assert.NotEqual(0, canceledReceives + canceledSends);
        await Cancellations.OfOneAsync(token => receiver.ReceiveAsync(new byte[1], token)); // waits: nothing is left
    }
}
