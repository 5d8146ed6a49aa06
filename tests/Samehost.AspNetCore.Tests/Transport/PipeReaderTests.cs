using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>The input of a connection fulfills the contract of PipeReader.</summary>
public sealed class PipeReaderTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_byte_is_read_once_and_in_order_regardless_of_examined_positions_and_cancellation(int seed)
    {
        const int All = 3_000_000;
        await using var pair = new PipePair();
        var sending = Task.Run(
            async () =>
            {
                var random = new Random(seed);
                for (var sent = 0; sent < All;)
                {
                    var count = Math.Min(All - sent, random.Next(4) == 0 ? random.Next(1, 200_000) : random.Next(1, 3000));
                    await pair.Client.WriteAsync(Pattern(sent, count), Token);
                    sent += count;
                }
            },
            Token);
        var canceling = Task.Run(
            async () =>
            {
                while (!sending.IsCompleted)
                {
                    pair.Input.CancelPendingRead();
                    await Task.Yield();
                }
            },
            Token);

        var chance = new Random(seed + 1000);
        for (var consumed = 0; consumed < All;)
        {
            if (await ReadAsync(pair.Input, chance) is not { } result)
                continue;
            var buffer = result.Buffer;
            Assert.Equal(Pattern(consumed, (int)buffer.Length), buffer.ToArray());
            var take = chance.Next(3) switch { 0 => buffer.Length, 1 => 0, _ => chance.NextInt64(buffer.Length + 1) };
            var seen = chance.Next(2) == 0 ? buffer.Length : chance.NextInt64(take, buffer.Length + 1);
            if (consumed + buffer.Length == All)
                take = seen = buffer.Length; // everything has arrived: examining it without consuming would wait forever
            pair.Input.AdvanceTo(buffer.GetPosition(take), buffer.GetPosition(seen));
            consumed += (int)take;
        }

        await Task.WhenAll(sending, canceling);
    }

    [Fact(Timeout = Limit)]
    public async Task Examined_bytes_are_returned_again_only_with_new_ones()
    {
        await using var pair = new PipePair();
        await pair.Client.WriteAsync("one"u8.ToArray(), Token);
        var first = await pair.Input.ReadAsync(Token);
        pair.Input.AdvanceTo(first.Buffer.Start, first.Buffer.End);

        Assert.False(pair.Input.TryRead(out _));
        var waiting = pair.Input.ReadAsync(Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await pair.Client.WriteAsync(" two"u8.ToArray(), Token);
        var second = await waiting;
        Assert.Equal("one two", Encoding.ASCII.GetString(second.Buffer));
        pair.Input.AdvanceTo(second.Buffer.GetPosition(3), second.Buffer.GetPosition(4));
        Assert.True(pair.Input.TryRead(out var third));
        Assert.Equal(" two", Encoding.ASCII.GetString(third.Buffer));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_canceled_read_returns_the_available_bytes_and_loses_none(bool waits)
    {
        await using var pair = new PipePair();
        await pair.Client.WriteAsync("one"u8.ToArray(), Token);
        var first = await pair.Input.ReadAsync(Token);
        pair.Input.AdvanceTo(first.Buffer.Start, first.Buffer.End);

        var waiting = waits ? pair.Input.ReadAsync(Token).AsTask() : null;
        pair.Input.CancelPendingRead();
        var canceled = await (waiting ?? pair.Input.ReadAsync(Token).AsTask());
        Assert.True(canceled.IsCanceled);
        Assert.Equal("one", Encoding.ASCII.GetString(canceled.Buffer));
        pair.Input.AdvanceTo(canceled.Buffer.End);
        await pair.Client.WriteAsync("two"u8.ToArray(), Token);
        var next = await pair.Input.ReadAsync(Token);
        Assert.False(next.IsCanceled);
        Assert.Equal("two", Encoding.ASCII.GetString(next.Buffer));
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_canceled_by_its_token_leaves_the_bytes_to_the_next()
    {
        await using var pair = new PipePair();
        using var cancellation = new CancellationTokenSource();
        var waiting = pair.Input.ReadAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Input.ReadAsync(cancellation.Token).AsTask());

        await pair.Client.WriteAsync("bytes"u8.ToArray(), Token);
        Assert.Equal("bytes", Encoding.ASCII.GetString((await pair.Input.ReadAsync(Token)).Buffer));
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_the_stream_follows_the_last_bytes_and_is_permanent()
    {
        await using var pair = new PipePair();
        await pair.Client.WriteAsync("last"u8.ToArray(), Token);
        await pair.Client.DisposeAsync();

        var last = await pair.Input.ReadAtLeastAsync(10, Token);
        Assert.Equal("last", Encoding.ASCII.GetString(last.Buffer));
        Assert.True(last.IsCompleted);
        pair.Input.AdvanceTo(last.Buffer.End);
        for (var i = 0; i < 2; i++)
        {
            var end = await pair.Input.ReadAsync(Token);
            Assert.True(end.IsCompleted);
            Assert.True(end.Buffer.IsEmpty);
            pair.Input.AdvanceTo(end.Buffer.End);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task The_error_of_a_reset_follows_the_last_bytes_and_is_permanent()
    {
        await using var pair = new PipePair();
        await pair.Output.WriteAsync("never read"u8.ToArray(), Token);
        await pair.Client.WriteAsync("last"u8.ToArray(), Token);
        await pair.Client.DisposeAsync();

        var last = await pair.Input.ReadAsync(Token);
        Assert.Equal("last", Encoding.ASCII.GetString(last.Buffer));
        pair.Input.AdvanceTo(last.Buffer.End);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<ConnectionResetException>(() => pair.Input.ReadAsync(Token).AsTask());
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_concurrent_read_throws_and_does_not_affect_the_pending_one()
    {
        await using var pair = new PipePair();
        var waiting = pair.Input.ReadAsync(Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Input.ReadAsync(Token));

        await pair.Client.WriteAsync("bytes"u8.ToArray(), Token);
        Assert.Equal("bytes", Encoding.ASCII.GetString((await waiting).Buffer));
    }

    [Fact(Timeout = Limit)]
    public async Task Completing_the_reader_fails_a_pending_read()
    {
        await using var pair = new PipePair();
        var waiting = pair.Input.ReadAsync(Token).AsTask();
        await pair.Connection.DisposeAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting);
    }

    [Fact(Timeout = Limit)]
    public async Task A_completed_reader_neither_reads_nor_advances()
    {
        await using var pair = new PipePair();
        await pair.Client.WriteAsync("bytes"u8.ToArray(), Token);
        var result = await pair.Input.ReadAsync(Token);
        await pair.Input.CompleteAsync();

        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(result.Buffer.End));
        Assert.Throws<InvalidOperationException>(() => pair.Input.TryRead(out _));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Input.ReadAsync(Token));
    }

    private static async Task<ReadResult?> ReadAsync(PipeReader input, Random chance)
    {
        switch (chance.Next(4))
        {
            case 0:
                return input.TryRead(out var there) ? there : null;
            case 1:
                using (var cancellation = new CancellationTokenSource())
                {
                    var read = input.ReadAsync(cancellation.Token).AsTask();
                    await cancellation.CancelAsync();
                    try
                    {
                        return await read;
                    }
                    catch (OperationCanceledException)
                    {
                        return null;
                    }
                }

            default:
                return await input.ReadAsync(Token);
        }
    }

    private static byte[] Pattern(int from, int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)((from + i) % 251);
        return bytes;
    }
}
