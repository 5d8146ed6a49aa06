using Samehost.Framing;
using Xunit;

namespace Samehost.Tests.Framing;

/// <summary>Sets of descriptors sent back to back, merged into one read and split over many: each comes with its own frame.</summary>
public sealed class FrameDescriptorTests : IDisposable
{
    private static FrameOptions Wanted => new() { Descriptors = DescriptorOptions.Default };
    private readonly FramePair _pair = new(acceptDescriptors: true);
    private readonly MarkedPipe[] _pipes = [.. Enumerable.Range(0, 8).Select(_ => new MarkedPipe())];

    public void Dispose()
    {
        _pair.Dispose();
        Array.ForEach(_pipes, pipe => pipe.Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Sets_sent_back_to_back_each_arrive_with_their_own_frame(int plainBetween)
    {
        using (var writer = new FrameWriter(_pair.Peer))
        {
            for (var i = 0; i < _pipes.Length; i++)
            {
                writer.Write(FramePair.Numbered(i, i), _pipes[i].Ends);
                for (var plain = 0; plain < plainBetween; plain++)
                    writer.Write("plain"u8);
            }
        }

        using var reader = new FrameReader(_pair.Own, Wanted);
        for (var i = 0; i < _pipes.Length; i++)
        {
            AssertBrings(reader.Read(), FramePair.Numbered(i, i), _pipes[i]);
            for (var plain = 0; plain < plainBetween; plain++)
                AssertPlain(reader.Read(), "plain"u8);
        }
    }

    [Fact]
    public void A_set_belongs_to_the_last_of_the_frames_that_were_merged_into_one_read()
    {
        _pair.Peer.Write(FramePair.Encode("one"u8));
        _pair.Peer.Write(FramePair.Encode("two"u8));
        _pair.Peer.Send(FramePair.Encode("three"u8), _pipes[0].Ends);
        using var reader = new FrameReader(_pair.Own, Wanted);
        Assert.True(reader.WaitToRead());
        Assert.True(reader.TryRead(out var one));
        AssertPlain(one, "one"u8);
        Assert.True(reader.TryRead(out var two));
        AssertPlain(two, "two"u8);
        Assert.True(reader.TryRead(out var three));
        AssertBrings(three, "three"u8, _pipes[0]);
    }

    [Fact(Timeout = 180_000)]
    public async Task Sets_of_frames_that_need_many_sends_and_reads_arrive_with_them()
    {
        var sending = Task.Run(async () =>
        {
            await using var writer = new FrameWriter(_pair.Peer);
            for (var i = 0; i < _pipes.Length; i++)
            {
                await writer.WriteAsync("before"u8.ToArray(), TestContext.Current.CancellationToken);
                await writer.WriteAsync(FramePair.Numbered(i, 700_000), _pipes[i].Ends, TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);
        await using var reader = new FrameReader(
            _pair.Own, new FrameOptions { Descriptors = DescriptorOptions.Default, BufferSize = 1000 });
        for (var i = 0; i < _pipes.Length; i++)
        {
            AssertPlain(await reader.ReadAsync(TestContext.Current.CancellationToken), "before"u8);
            AssertBrings(await reader.ReadAsync(TestContext.Current.CancellationToken), FramePair.Numbered(i, 700_000), _pipes[i]);
        }

        await sending;
    }

    [Theory]
    [InlineData(16)]
    [InlineData(65_536)]
    public void A_set_may_come_with_any_byte_of_its_frame(int bufferSize)
    {
        var wire = FramePair.Encode("ab"u8);
        using var reader = new FrameReader(
            _pair.Own, new FrameOptions { Descriptors = DescriptorOptions.Default, BufferSize = bufferSize });
        for (var with = 0; with < wire.Length; with++)
        {
            for (var i = 0; i < wire.Length; i++)
            {
                if (i == with)
                    _pair.Peer.Send(wire.AsSpan(i, 1), _pipes[with].Ends);
                else
                    _pair.Peer.WriteByte(wire[i]);
            }
        }

        for (var with = 0; with < wire.Length; with++)
            AssertBrings(reader.Read(), "ab"u8, _pipes[with]);
    }

    [Fact]
    public void Two_sets_for_the_same_frame_are_both_closed()
    {
        var wire = FramePair.Encode("greedy"u8);
        _pair.Peer.Send(wire.AsSpan(0, 2), _pipes[0].Ends);
        _pair.Peer.Send(wire.AsSpan(2, 3), _pipes[1].Ends);
        _pair.Peer.Send(wire.AsSpan(5), _pipes[2].Ends);
        _pair.Peer.Send(FramePair.Encode("honest"u8), _pipes[3].Ends);
        using var reader = new FrameReader(_pair.Own, Wanted);
        var greedy = reader.Read();
        Assert.Equal("greedy"u8, greedy.Span);
        Assert.Equal(DescriptorLoss.TooMany, greedy.DescriptorLoss);
        Assert.Equal(0, greedy.Descriptors.Count);
        Assert.True(_pipes[0].IsClosedEverywhere());
        Assert.True(_pipes[1].IsClosedEverywhere());
        Assert.True(_pipes[2].IsClosedEverywhere());
        AssertBrings(reader.Read(), "honest"u8, _pipes[3]);
    }

    [Fact]
    public void A_set_that_ends_in_the_next_frame_belongs_to_that_one()
    {
        var first = FramePair.Encode("first"u8);
        var second = FramePair.Encode("second"u8);
        _pair.Peer.Send(first.AsSpan(0, 6), _pipes[0].Ends);
        _pair.Peer.Send([.. first[6..], .. second], _pipes[1].Ends);
        using var reader = new FrameReader(_pair.Own, Wanted);
        AssertBrings(reader.Read(), "first"u8, _pipes[0]);
        AssertBrings(reader.Read(), "second"u8, _pipes[1]);
    }

    [Fact]
    public void The_next_call_closes_what_was_not_taken()
    {
        using (var writer = new FrameWriter(_pair.Peer))
        {
            writer.Write("ignored"u8, _pipes[0].Ends);
            writer.Write("next"u8);
        }

        using var reader = new FrameReader(_pair.Own, Wanted);
        var ignored = reader.Read();
        Assert.Equal(1, ignored.Descriptors.Count);
        AssertPlain(reader.Read(), "next"u8);
        Assert.True(_pipes[0].IsClosedEverywhere());
        Assert.Throws<InvalidOperationException>(() => ignored.Descriptors.Take(0));
    }

    [Fact]
    public void Disposal_closes_the_descriptors_of_frames_that_were_not_read()
    {
        var reader = new FrameReader(_pair.Own, Wanted);
        var wire = FramePair.Encode("first"u8);
        _pair.Peer.Send(wire.AsSpan(0, 5), _pipes[0].Ends);
        _pair.Peer.Send([.. wire[5..], 99], _pipes[1].Ends);
        Assert.True(reader.WaitToRead());
        reader.Dispose();
        Assert.True(_pipes[0].IsClosedEverywhere());
        Assert.True(_pipes[1].IsClosedEverywhere());
    }

    [Fact]
    public void A_set_that_is_not_allowed_is_reported_with_its_frame()
    {
        using (var writer = new FrameWriter(_pair.Peer))
        {
            writer.Write("plain"u8);
            writer.Write("pipe"u8, _pipes[0].Ends);
            writer.Write("pipes"u8, [.. _pipes[1].Ends, .. _pipes[2].Ends]);
        }

        var options = new FrameOptions { Descriptors = new DescriptorOptions { Kinds = DescriptorKinds.Socket, MaxCount = 1 } };
        using var reader = new FrameReader(_pair.Own, options);
        Assert.Equal(DescriptorLoss.None, reader.Read().DescriptorLoss);
        Assert.Equal(DescriptorLoss.WrongKind, reader.Read().DescriptorLoss);
        Assert.Equal(DescriptorLoss.TooMany, reader.Read().DescriptorLoss);
    }

    [Fact]
    public void A_reader_of_descriptors_needs_a_stream_that_accepts_them()
    {
        using var pair = new FramePair(acceptDescriptors: false);
        Assert.Throws<ArgumentException>(() => new FrameReader(pair.Own, Wanted));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_accepts_no_descriptors_still_receives_the_other_frames(bool async)
    {
        using var pair = new FramePair(acceptDescriptors: false);
        var refused = false;
        using (var writer = new FrameWriter(pair.Peer))
        {
            writer.Write("before"u8);
            try
            {
                if (async)
                    await writer.WriteAsync("with"u8.ToArray(), _pipes[0].Ends, TestContext.Current.CancellationToken);
                else
                    writer.Write("with"u8, _pipes[0].Ends);
            }
            catch (IOException failure)
            {
                Assert.Equal(Errno.EPERM, Assert.IsType<UnixSocketException>(failure.InnerException).Errno);
                refused = true; // Linux 6.16 and later; before that the frame arrives and its descriptors are closed
            }

            writer.Write("after"u8);
        }

        var reader = new FrameReader(pair.Own);
        AssertPlain(reader.Read(), "before"u8);
        if (!refused)
            AssertPlain(reader.Read(), "with"u8);
        AssertPlain(reader.Read(), "after"u8);
        Assert.True(_pipes[0].IsClosedEverywhere());
    }

    private static void AssertBrings(Frame frame, ReadOnlySpan<byte> payload, MarkedPipe pipe)
    {
        Assert.Equal(payload, frame.Span);
        Assert.Equal(DescriptorLoss.None, frame.DescriptorLoss);
        Assert.Equal(1, frame.Descriptors.Count);
        Assert.True(pipe.IsThis(frame.Descriptors.Take(0)));
    }

    private static void AssertPlain(Frame frame, ReadOnlySpan<byte> payload)
    {
        Assert.Equal(payload, frame.Span);
        Assert.Equal(0, frame.Descriptors.Count);
        Assert.Equal(DescriptorLoss.None, frame.DescriptorLoss);
    }
}
