using Samehost.Framing;
using Xunit;

namespace Samehost.Tests.Framing;

public sealed class FrameReaderTests : IDisposable
{
    private readonly FramePair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Many_frames_come_with_one_read()
    {
        _pair.Peer.Write([.. FramePair.Encode("one"u8), .. FramePair.Encode("two"u8), .. FramePair.Encode("three"u8)]);
        var reader = new FrameReader(_pair.Own);
        Assert.False(reader.TryRead(out _));
        Assert.True(reader.WaitToRead());
        _pair.Own.ShutdownRead();
        Assert.True(reader.TryRead(out var one));
        Assert.True(reader.TryRead(out var two));
        Assert.True(reader.TryRead(out var three));
        Assert.False(reader.TryRead(out _));
        Assert.Equal("one"u8, one.Span);
        Assert.Equal("two"u8, two.Memory.Span);
        Assert.Equal("three"u8, three.Span);
        Assert.False(reader.WaitToRead());
    }

    [Fact(Timeout = 180_000)]
    public async Task An_empty_frame_is_not_the_end()
    {
        await _pair.Peer.WriteAsync(FramePair.Encode([]), TestContext.Current.CancellationToken);
        _pair.Peer.ShutdownWrite();
        var reader = new FrameReader(_pair.Own);
        var empty = await reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.False(empty.IsEnd);
        Assert.Equal(0, empty.Length);
        Assert.True((await reader.ReadAsync(TestContext.Current.CancellationToken)).IsEnd);
        Assert.True(reader.Read().IsEnd);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task An_end_inside_a_frame_is_an_error(int length)
    {
        await _pair.Peer.WriteAsync(FramePair.Encode("12345"u8).AsMemory(0, length), TestContext.Current.CancellationToken);
        _pair.Peer.ShutdownWrite();
        var reader = new FrameReader(_pair.Own);
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Throws<EndOfStreamException>(() => reader.Read());
    }

    [Theory]
    [InlineData(1025u)]
    [InlineData(int.MaxValue)]
    [InlineData(uint.MaxValue)]
    public void A_length_above_the_limit_is_refused_before_memory_is_taken_for_it(uint length)
    {
        var reader = new FrameReader(_pair.Own, new FrameOptions { MaxLength = 1024 });
        _pair.Peer.Write(FramePair.Encode(new byte[1024]));
        Assert.Equal(1024, reader.Read().Length);
        _pair.Peer.Write(BitConverter.GetBytes(length));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Assert.Throws<InvalidDataException>(() => reader.Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000);
        Assert.Contains($"{length} bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("1024", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => reader.TryRead(out _));
        Assert.Throws<InvalidDataException>(() => reader.WaitToRead());
    }

    [Fact]
    public void Memory_is_allocated_for_received_bytes_and_not_for_the_announced_length()
    {
        var reader = new FrameReader(_pair.Own, new FrameOptions { MaxLength = 500_000_000 });
        _pair.Peer.Write([.. BitConverter.GetBytes(500_000_000), 1, 2, 3]);
        _pair.Own.ReadTimeout = 10;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<IOException>(() => reader.Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 65_536, 200_000);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_frame_far_longer_than_the_buffer_arrives_and_small_ones_follow()
    {
        var large = FramePair.Numbered(1, 1 << 20);
        var sending = Task.Run(() => _pair.Peer.Write(
            [.. FramePair.Encode("a"u8), .. FramePair.Encode(large), .. FramePair.Encode("b"u8), .. FramePair.Encode(large)]),
            TestContext.Current.CancellationToken);
        var reader = new FrameReader(_pair.Own);
        foreach (var expected in new[] { [(byte)'a'], large, [(byte)'b'], large })
            Assert.Equal(expected, (await reader.ReadAsync(TestContext.Current.CancellationToken)).Memory.ToArray());
        await sending;
    }

    [Fact(Timeout = 180_000)]
    public async Task A_canceled_wait_has_lost_nothing()
    {
        var wire = FramePair.Encode("whole"u8);
        var reader = new FrameReader(_pair.Own);
        foreach (var piece in wire.AsMemory(0, wire.Length - 1).ToArray())
        {
            _pair.Peer.WriteByte(piece);
            using var cancellation = new CancellationTokenSource();
            var wait = reader.WaitToReadAsync(cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await wait);
        }

        _pair.Peer.WriteByte(wire[^1]);
        var frame = await reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("whole"u8, frame.Span);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_wait_continues_when_the_rest_arrives()
    {
        var reader = new FrameReader(_pair.Own);
        var reading = reader.ReadAsync(TestContext.Current.CancellationToken);
        var wire = FramePair.Encode("later"u8);
        _pair.Peer.Write(wire, 0, 2);
        _pair.Peer.Write(wire, 2, 4);
        Assert.False(reading.IsCompleted);
        _pair.Peer.Write(wire, 6, 3);
        var frame = await reading;
        Assert.Equal("later"u8, frame.Span);
    }

    [Fact]
    public void The_stream_stays_open_unless_the_reader_owns_it()
    {
        new FrameReader(_pair.Own).Dispose();
        Assert.True(_pair.Own.CanRead);
        new FrameReader(_pair.Own, new FrameOptions { OwnsStream = true }).Dispose();
        Assert.False(_pair.Own.CanRead);
    }

    [Fact]
    public void A_reset_is_reported_as_the_stream_reports_it()
    {
        _pair.Own.WriteByte(1);
        _pair.Peer.Dispose();
        var failure = Assert.Throws<IOException>(() => new FrameReader(_pair.Own).Read());
        Assert.Equal(Errno.ECONNRESET, Assert.IsType<UnixSocketException>(failure.InnerException).Errno);
    }
}
