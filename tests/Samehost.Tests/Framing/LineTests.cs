using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Samehost.Framing;
using Xunit;

namespace Samehost.Tests.Framing;

public sealed class LineTests : IDisposable
{
    private readonly FramePair _pair = new();

    public void Dispose() => _pair.Dispose();

    private static Gen<byte[]> LineBytes => Gen.Choose(0, 60).SelectMany(
        length => Gen.Choose(0, 255).Select(b => b == '\n' ? (byte)'\r' : (byte)b).ArrayOf(length));

    [Fact]
    public void Lines_in_arbitrary_pieces_arrive_as_they_were_sent() => Prop.ForAll(
        (from lines in LineBytes.ArrayOf()
         from pieces in Gen.Choose(1, 30).NonEmptyListOf()
         from size in Gen.Choose(16, 64)
         select (lines, pieces, size)).ToArbitrary(),
        conversation =>
        {
            using var pair = new FramePair();
            byte[] wire = [.. conversation.lines.SelectMany(line => (byte[])[.. line, (byte)'\n'])];
            var sending = Task.Run(() =>
            {
                for (int sent = 0, i = 0; sent < wire.Length; i++)
                {
                    var piece = Math.Min(conversation.pieces[i % conversation.pieces.Count], wire.Length - sent);
                    pair.Peer.Write(wire, sent, piece);
                    sent += piece;
                }

                pair.Peer.ShutdownWrite();
            });
            var reader = new LineReader(pair.Own, new LineOptions { BufferSize = conversation.size, StripCarriageReturn = false });
            var same = conversation.lines.All(line => reader.ReadAsync().AsTask().GetAwaiter().GetResult().Span.SequenceEqual(line));
            sending.GetAwaiter().GetResult();
            return same && reader.Read().IsEnd;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_a_writer_writes_a_reader_reads() => Prop.ForAll(LineBytes.ArrayOf().ToArbitrary(), lines =>
    {
        using var pair = new FramePair();
        var options = new LineOptions { BufferSize = 20, StripCarriageReturn = false };
        using (var writer = new LineWriter(pair.Peer, options))
            Array.ForEach(lines, line => writer.Write(line));
        pair.Peer.ShutdownWrite();
        var reader = new LineReader(pair.Own, options);
        return lines.All(line => reader.Read().Span.SequenceEqual(line)) && reader.Read().IsEnd;
    }).QuickCheckThrowOnFailure();

    [Theory(Timeout = 180_000)]
    [InlineData("one\ntwo\n", "one|two")]
    [InlineData("one\r\ntwo\r\n", "one|two")]
    [InlineData("\n\r\n\n", "||")]
    [InlineData("one\nlast", "one|last")]
    [InlineData("one\nlast\r", "one|last\r")]
    [InlineData("a\rb\n", "a\rb")]
    [InlineData("Grüße\n😀", "Grüße|😀")]
    [InlineData("", "")]
    public async Task Lines_end_with_a_newline_or_with_the_stream(string wire, string expected)
    {
        _pair.Peer.Write(Encoding.UTF8.GetBytes(wire));
        _pair.Peer.ShutdownWrite();
        var reader = new LineReader(_pair.Own);
        var lines = new List<string>();
        while (await reader.ReadStringAsync(TestContext.Current.CancellationToken) is { } line)
            lines.Add(line);
        Assert.Equal(expected, string.Join('|', lines));
        Assert.Equal(wire.Length == 0, lines.Count == 0);
        Assert.True(reader.Read().IsEnd);
    }

    [Fact]
    public void A_carriage_return_can_be_kept()
    {
        _pair.Peer.Write("one\r\n"u8);
        Assert.Equal("one\r"u8, new LineReader(_pair.Own, new LineOptions { StripCarriageReturn = false }).Read().Span);
    }

    [Theory]
    [InlineData("12345678901\n")]
    [InlineData("1234567890\r\n")]
    [InlineData("12345678901")]
    public void A_line_above_the_limit_is_refused(string wire)
    {
        var reader = new LineReader(_pair.Own, new LineOptions { MaxLength = 10 });
        _pair.Peer.Write("1234567890\n"u8);
        Assert.Equal(10, reader.Read().Length);
        _pair.Peer.Write(Encoding.UTF8.GetBytes(wire));
        Assert.Throws<InvalidDataException>(() => reader.Read());
        Assert.Throws<InvalidDataException>(() => reader.TryRead(out _));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_writer_refuses_newlines_and_lines_above_the_limit_and_can_be_used_further()
    {
        await using var writer = new LineWriter(_pair.Peer, new LineOptions { MaxLength = 10 });
        Assert.Throws<ArgumentException>(() => writer.Write("two\nlines"));
        Assert.Throws<ArgumentException>(() => writer.Write("two\nlines"u8));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await writer.WriteAsync("12345678901", TestContext.Current.CancellationToken));
        await writer.WriteAsync("größe", TestContext.Current.CancellationToken);
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("größe", new LineReader(_pair.Own).Read().ToString());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_canceled_wait_has_lost_nothing_and_long_lines_arrive()
    {
        var reader = new LineReader(_pair.Own);
        _pair.Peer.Write("be"u8);
        using var cancellation = new CancellationTokenSource();
        var reading = reader.ReadAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        string rest = new('x', 500_000);
        var sending = Task.Run(async () =>
        {
            await using var writer = new LineWriter(_pair.Peer);
            await writer.WriteAsync("gin", TestContext.Current.CancellationToken);
            await writer.WriteAsync(rest, TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        Assert.Equal("begin", await reader.ReadStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(rest, await reader.ReadStringAsync(TestContext.Current.CancellationToken));
        await sending;
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_memory_of_a_long_line_is_returned_after_it(bool asynchronous)
    {
        var (near, far) = UnixStream.CreatePair();
        using var _ = near;
        using var reader = new LineReader(far, new LineOptions { OwnsStream = true });
        var writing = Task.Run(
            () =>
            {
                near.Write([.. Enumerable.Repeat((byte)'x', 1_000_000), (byte)'\n']);
                for (var i = 0; i < 3; i++)
                    near.Write("short\n"u8);
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(1_000_000, (await NextAsync()).Length);
        await writing;
        for (var i = 0; i < 3; i++)
            Assert.Equal(5, (await NextAsync()).Length);
        near.Write("last\n"u8);
        var last = await NextAsync();
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(last.Memory, out var after));
        Assert.InRange(after.Array!.Length, 1, 100_000);

        async ValueTask<Line> NextAsync() => asynchronous ? await reader.ReadAsync(TestContext.Current.CancellationToken) : reader.Read();
    }
}
