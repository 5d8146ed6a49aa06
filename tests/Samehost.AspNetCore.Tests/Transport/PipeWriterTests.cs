using System.Buffers;
using System.Text;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>The output of a connection fulfills the contract of PipeWriter.</summary>
public sealed class PipeWriterTests
{
    private const int Limit = 60_000;
    private const int TooMuch = 5_000_000; // for the send buffer without a reader

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_byte_is_sent_once_and_in_order_regardless_of_buffers_flushes_and_cancellation(int seed)
    {
        const int All = 3_000_000;
        await using var pair = new PipePair();
        var reading = Task.Run(() => ReadAsync(pair.Client), Token);
        var canceling = Task.Run(
            async () =>
            {
                while (!reading.IsCompleted)
                {
                    pair.Output.CancelPendingFlush();
                    await Task.Yield();
                }
            },
            Token);

        var chance = new Random(seed);
        for (var written = 0; written < All;)
        {
            var count = Math.Min(All - written, chance.Next(5) == 0 ? chance.Next(200_000) : chance.Next(3000));
            var room = pair.Output.GetMemory(chance.Next(2) == 0 ? count : 0);
            count = Math.Min(count, room.Length);
            Fill(room.Span[..count], written);
            pair.Output.Advance(count);
            written += count;
            if (chance.Next(3) == 0)
                continue;
            using var cancellation = new CancellationTokenSource();
            var flush = pair.Output.FlushAsync(cancellation.Token).AsTask();
            if (chance.Next(4) == 0)
                await cancellation.CancelAsync();
            await flush.ContinueWith(static _ => { }, TaskScheduler.Default); // canceled or not: the bytes stay
        }

        await pair.Output.CompleteAsync();
        await pair.Connection.DisposeAsync();
        var expected = new byte[All];
        Fill(expected, 0);
        Assert.Equal(expected, await reading);
        await canceling;
    }

    [Fact(Timeout = Limit)]
    public async Task Buffers_are_as_large_as_requested_and_unflushed_bytes_are_counted()
    {
        await using var pair = new PipePair();
        foreach (var size in new[] { 0, 1, 4096, 4097, 65_536, 65_537, 1_000_000 })
        {
            Assert.True(pair.Output.GetSpan(size).Length >= Math.Max(size, 1));
            Assert.True(pair.Output.GetMemory(size).Length >= Math.Max(size, 1));
        }

        Assert.Equal(0, pair.Output.UnflushedBytes);
        pair.Output.Write("1234567"u8);
        Assert.Equal(7, pair.Output.UnflushedBytes);
        await pair.Output.FlushAsync(Token);
        Assert.Equal(0, pair.Output.UnflushedBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Output.GetSpan(-1));
        var room = pair.Output.GetSpan(10).Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Output.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Output.Advance(-1));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_canceled_flush_returns_at_once_and_its_bytes_are_sent(bool byToken)
    {
        await using var pair = new PipePair();
        using var cancellation = new CancellationTokenSource();
        pair.Output.Write(new byte[TooMuch]);
        var flush = pair.Output.FlushAsync(cancellation.Token).AsTask();
        Assert.False(flush.IsCompleted);
        if (byToken)
        {
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        }
        else
        {
            pair.Output.CancelPendingFlush();
            Assert.True((await flush).IsCanceled);
        }

        pair.Output.Write("behind"u8);
        var next = pair.Output.FlushAsync(Token).AsTask();
        Assert.False(next.IsCompleted);
        var bytes = new byte[TooMuch + 6];
        await pair.Client.ReadExactlyAsync(bytes, Token);
        Assert.False((await next).IsCanceled);
        Assert.Equal("behind", Encoding.ASCII.GetString(bytes.AsSpan(TooMuch)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_flush_canceled_before_it_begins_leaves_its_bytes_to_the_next()
    {
        await using var pair = new PipePair();
        pair.Output.CancelPendingFlush();
        pair.Output.Write("bytes"u8);
        Assert.True((await pair.Output.FlushAsync(Token)).IsCanceled);
        Assert.False((await pair.Output.FlushAsync(Token)).IsCanceled);

        var bytes = new byte[5];
        await pair.Client.ReadExactlyAsync(bytes, Token);
        Assert.Equal("bytes"u8.ToArray(), bytes);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flush_completes_when_the_client_has_disconnected(bool waits)
    {
        await using var pair = new PipePair();
        pair.Output.Write(new byte[waits ? TooMuch : 1]);
        var flush = waits ? pair.Output.FlushAsync(Token).AsTask() : null;
        await pair.Client.DisposeAsync();

        Assert.True((await (flush ?? pair.Output.FlushAsync(Token).AsTask())).IsCompleted);
        Assert.True((await pair.Output.WriteAsync(new byte[10], Token)).IsCompleted);
        await Eventually.IsTrueAsync(() => pair.Connection.ConnectionClosed.IsCancellationRequested, "the connection says so");
    }

    [Fact(Timeout = Limit)]
    public async Task An_abort_ends_a_pending_flush()
    {
        await using var pair = new PipePair();
        pair.Output.Write(new byte[TooMuch]);
        var flush = pair.Output.FlushAsync(Token).AsTask();
        pair.Connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException());

        Assert.True((await flush).IsCompleted);
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_concurrent_flush_throws_and_does_not_affect_the_pending_one()
    {
        await using var pair = new PipePair();
        pair.Output.Write(new byte[TooMuch]);
        var flush = pair.Output.FlushAsync(Token).AsTask();
        pair.Output.Write("behind"u8);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Output.FlushAsync(Token));

        var bytes = new byte[TooMuch + 6];
        var reading = pair.Client.ReadExactlyAsync(bytes, Token);
        await flush;
        await pair.Output.FlushAsync(Token);
        await reading;
        Assert.Equal("behind", Encoding.ASCII.GetString(bytes.AsSpan(TooMuch)));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Complete_sends_unflushed_bytes_unless_it_has_an_exception(bool well)
    {
        await using var pair = new PipePair();
        pair.Output.Write("bytes"u8);
        pair.Output.Complete(well ? null : new IOException("it went wrong"));
        await pair.Connection.DisposeAsync();

        Assert.Equal(well ? "bytes" : "", Encoding.ASCII.GetString(await ReadAsync(pair.Client)));
        Assert.Throws<InvalidOperationException>(() => pair.Output.GetMemory());
    }

    private static async Task<byte[]> ReadAsync(UnixStream client)
    {
        var all = new MemoryStream();
        await client.CopyToAsync(all, Token);
        return all.ToArray();
    }

    private static void Fill(Span<byte> bytes, int from)
    {
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((from + i) % 251);
    }
}
