using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class StreamTransferTests : StreamPairTest
{
    [Fact(Timeout = Limit)]
    public async Task Reading_nothing_waits_for_bytes_and_takes_none()
    {
        var asynchronous = Near.ReadAsync(Memory<byte>.Empty, Token);
        var blocking = Task.Run(() => Near.Read(Span<byte>.Empty), Token);
        Assert.False(asynchronous.IsCompleted);

        Far.WriteByte(7);

        Assert.Equal(0, await asynchronous);
        Assert.Equal(0, await blocking);
        Assert.Equal(0, await Near.ReadAsync(Memory<byte>.Empty, Token));
        Assert.Equal(7, Near.ReadByte());
    }

    [Fact(Timeout = Limit)]
    public async Task Writing_nothing_sends_nothing()
    {
        Near.Write([]);
        await Near.WriteAsync(ReadOnlyMemory<byte>.Empty, Token);
        Near.Write(Array.Empty<ReadOnlyMemory<byte>>());
        await Near.WriteAsync(new ReadOnlyMemory<byte>[] { default, default }, Token);
        Near.ShutdownWrite();

        Assert.Empty(await ReadAllAsync(Far));
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_slow_reader_gets_all_of_a_large_write(bool blocking)
    {
        var sent = Pattern(6_000_000);
        var write = blocking ? Task.Run(() => Near.Write(sent), Token) : Near.WriteAsync(sent, Token).AsTask();

        var got = new byte[sent.Length];
        var random = new Random(1);
        for (var at = 0; at < got.Length;)
        {
            Assert.False(write.IsCompleted && at < got.Length / 2, "the write ended before its bytes could have gone");
            var count = await Far.ReadAsync(got.AsMemory(at, Math.Min(random.Next(1, 60_000), got.Length - at)), Token);
            Assert.NotEqual(0, count);
            at += count;
            if (at % 7 == 0)
                await Task.Yield();
        }

        await write;
        Assert.True(sent.AsSpan().SequenceEqual(got));
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task Thousands_of_buffers_go_in_order_in_one_vectored_write(bool blocking)
    {
        var random = new Random(2);
        var buffers = new List<ReadOnlyMemory<byte>>();
        for (var i = 0; i < 5_000; i++)
            buffers.Add(Pattern(i % 5 == 0 ? 0 : random.Next(1, 700), i));
        buffers.Add(Pattern(900_000)); // alone larger than a send buffer
        buffers.Add(default);
        byte[] sent = [.. buffers.SelectMany(b => b.ToArray())];

        var write = blocking ? Task.Run(() => Near.Write(buffers), Token) : Near.WriteAsync(buffers, Token).AsTask();
        var got = new byte[sent.Length];
        await Far.ReadExactlyAsync(got, Token);
        await write;

        Assert.True(sent.AsSpan().SequenceEqual(got));
    }

    [Fact(Timeout = Limit)]
    public async Task Writes_that_are_queued_at_once_arrive_whole_and_in_order()
    {
        const int Count = 40;
        const int Size = 150_000;
        var writes = new List<Task>();
        for (byte i = 0; i < Count; i++)
        {
            var block = new byte[Size];
            Array.Fill(block, i);
            writes.Add(i % 2 == 0
                ? Near.WriteAsync(block, Token).AsTask()
                : Near.WriteAsync(new ReadOnlyMemory<byte>[] { block.AsMemory(0, 1), block.AsMemory(1) }, Token).AsTask());
        }

        var got = new byte[Size];
        for (byte i = 0; i < Count; i++)
        {
            await Far.ReadExactlyAsync(got, Token);
            Assert.Equal(-1, got.AsSpan().IndexOfAnyExcept(i));
        }

        await Task.WhenAll(writes);
    }

    [Fact(Timeout = Limit)]
    public async Task Reads_that_are_queued_at_once_are_served_in_order()
    {
        byte[][] buffers = [.. Enumerable.Range(0, 30).Select(_ => new byte[10])];
        Task<int>[] reads = [.. buffers.Select(b => Near.ReadAsync(b, Token).AsTask())];

        for (byte i = 0; i < 30; i++)
        {
            await Far.WriteAsync(new[] { i }, Token);
            Assert.Equal(1, await reads[i]);
            Assert.Equal(i, buffers[i][0]);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Both_directions_of_both_ends_work_at_once()
    {
        var there = Pattern(3_000_000, 1);
        var back = Pattern(3_000_000, 2);
        var gotThere = new byte[there.Length];
        var gotBack = new byte[back.Length];

        await Task.WhenAll(
            Near.WriteAsync(there, Token).AsTask(),
            Task.Run(() => Far.Write(back), Token),
            Far.ReadExactlyAsync(gotThere, Token).AsTask(),
            Task.Run(() => Near.ReadExactly(gotBack), Token));

        Assert.True(there.AsSpan().SequenceEqual(gotThere));
        Assert.True(back.AsSpan().SequenceEqual(gotBack));
    }

    [Fact(Timeout = Limit)]
    public async Task A_result_can_be_waited_for_synchronously()
    {
        var buffer = new byte[1];
        var read = Near.ReadAsync(buffer, Token);
        Assert.False(read.IsCompleted);
        var waiter = Task.Run(() => read.GetAwaiter().GetResult(), Token);

        Far.WriteByte(5);

        Assert.Equal(1, await waiter);
        Assert.Equal(5, buffer[0]);
    }

    [Fact(Timeout = Limit)]
    public async Task Taking_a_result_twice_throws_and_does_not_affect_later_calls()
    {
        var buffer = new byte[1];
        var read = Near.ReadAsync(buffer, Token);
        Far.WriteByte(5);
        Assert.Equal(1, await read);
        var next = Near.ReadAsync(buffer, Token);

        Assert.Throws<InvalidOperationException>(() => read.GetAwaiter().GetResult());

        Far.WriteByte(6);
        Assert.Equal(1, await next);
        Assert.Equal(6, buffer[0]);
    }
}
