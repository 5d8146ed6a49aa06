using Samehost.Framing;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Framing;

[Collection(Support.NonParallel.Name)]
public sealed class FrameWriterTests : IDisposable
{
    private readonly FramePair _pair = new();

    public void Dispose() => _pair.Dispose();

    private bool SomethingArrived => LibcPoll.IsReady(_pair.Own.Context, LibcPoll.POLLIN);

    [Theory]
    [InlineData(false, new byte[] { 3, 0, 0, 0, 7, 8, 9 })]
    [InlineData(true, new byte[] { 0, 0, 0, 3, 7, 8, 9 })]
    public void The_prefix_is_four_bytes_in_the_chosen_order(bool bigEndian, byte[] expected)
    {
        using (var writer = new FrameWriter(_pair.Peer, new FrameOptions { BigEndian = bigEndian }))
            writer.Write([7, 8, 9]);
        var wire = new byte[expected.Length];
        _pair.Own.ReadExactly(wire);
        Assert.Equal(expected, wire);
    }

    [Fact]
    public void Nothing_is_sent_before_the_buffer_is_full_or_flushed()
    {
        using var writer = new FrameWriter(_pair.Peer, new FrameOptions { BufferSize = 24 });
        Assert.True(writer.TryWrite(new byte[8]));
        Assert.True(writer.TryWrite(new byte[8]));
        Assert.False(SomethingArrived);
        Assert.False(writer.TryWrite([]));
        Assert.False(SomethingArrived);
        writer.Write([]);
        Assert.True(SomethingArrived);
        Assert.Equal(24, _pair.Own.Read(new byte[100]));
        writer.Flush();
        Assert.Equal(4, _pair.Own.Read(new byte[100]));
    }

    [Fact(Timeout = 180_000)]
    public async Task Frames_longer_than_the_buffer_go_behind_what_was_written_before()
    {
        var options = new FrameOptions { BufferSize = 100 };
        byte[][] payloads = [.. Enumerable.Range(0, 60).Select(i => FramePair.Numbered(i, i % 3 == 0 ? 100_000 : i))];
        var writing = Task.Run(async () =>
        {
            await using var writer = new FrameWriter(_pair.Peer, options);
            foreach (var payload in payloads)
                await writer.WriteAsync(payload, TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        var reader = new FrameReader(_pair.Own, options);
        foreach (var payload in payloads)
            Assert.Equal(payload, (await reader.ReadAsync(TestContext.Current.CancellationToken)).Span.ToArray());
        await writing;
    }

    [Fact(Timeout = 180_000)]
    public async Task A_frame_above_the_limit_is_refused_and_others_are_still_sent()
    {
        await using var writer = new FrameWriter(_pair.Peer, new FrameOptions { MaxLength = 10 });
        Assert.False(writer.TryWrite(new byte[11]));
        Assert.Throws<ArgumentException>(() => writer.Write(new byte[11]));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await writer.WriteAsync(new byte[11], TestContext.Current.CancellationToken));
        await writer.WriteAsync(new byte[10], TestContext.Current.CancellationToken);
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(10, new FrameReader(_pair.Own).Read().Length);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_token_that_was_canceled_before_the_call_has_no_effect()
    {
        await using var writer = new FrameWriter(_pair.Peer);
        writer.Write("kept"u8);
        var canceled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writer.FlushAsync(canceled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writer.WriteAsync(new byte[100_000], canceled));
        Assert.False(SomethingArrived);
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("kept"u8, new FrameReader(_pair.Own).Read().Span);
    }

    [Fact(Timeout = 180_000)]
    public async Task After_a_send_that_was_canceled_midway_further_calls_fail()
    {
        var writer = new FrameWriter(_pair.Peer, new FrameOptions { MaxLength = 10_000_000 });
        using var cancellation = new CancellationTokenSource();
        var write = writer.WriteAsync(new byte[10_000_000], cancellation.Token).AsTask();
        Assert.False(write.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.False(writer.TryWrite("more"u8));
        Assert.Throws<InvalidOperationException>(() => writer.Write("more"u8));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.FlushAsync(TestContext.Current.CancellationToken));
        writer.Dispose();
    }

    [Fact]
    public void A_peer_that_has_closed_is_an_EPIPE_and_disposal_does_not_throw_afterwards()
    {
        var writer = new FrameWriter(_pair.Peer);
        _pair.Own.Dispose();
        writer.Write("unheard"u8);
        var failure = Assert.Throws<IOException>(writer.Flush);
        Assert.Equal(Errno.EPIPE, Assert.IsType<UnixSocketException>(failure.InnerException).Errno);
        writer.Dispose();
    }

    [Fact]
    public void Disposal_sends_what_is_left_and_closes_only_a_stream_of_its_own()
    {
        var writer = new FrameWriter(_pair.Peer);
        writer.Write("last"u8);
        writer.Dispose();
        Assert.True(_pair.Peer.CanWrite);
        var reader = new FrameReader(_pair.Own);
        Assert.Equal("last"u8, reader.Read().Span);
        new FrameWriter(_pair.Peer, new FrameOptions { OwnsStream = true }).Dispose();
        Assert.True(reader.Read().IsEnd);
    }
}
