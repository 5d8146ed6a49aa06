using FsCheck;
using FsCheck.Fluent;
using Samehost.Framing;
using Xunit;

namespace Samehost.Tests.Framing;

public sealed class FramePropertyTests
{
    private static Gen<byte[]> Payload => Gen.Frequency(
        (6, Gen.Choose(0, 40).SelectMany(length => Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(length))),
        (1, Gen.Choose(100, 5000).Select(length => FramePair.Numbered(length, length))));

    private static Arbitrary<(byte[][] Payloads, int[] Pieces, int BufferSize, bool BigEndian)> Conversations =>
        (from payloads in Payload.ArrayOf()
         from pieces in Gen.Choose(1, 50).NonEmptyListOf()
         from bufferSize in Gen.Choose(16, 100)
         from bigEndian in Gen.Elements(true, false)
         select (payloads, pieces.ToArray(), bufferSize, bigEndian)).ToArbitrary();

    // Each piece is followed by a wait that is canceled, so the law also says that canceling loses nothing.
    [Fact]
    public void Frames_in_arbitrary_pieces_arrive_as_they_were_sent() => Prop.ForAll(Conversations, conversation =>
    {
        var (payloads, pieces, bufferSize, bigEndian) = conversation;
        using var pair = new FramePair();
        var reader = new FrameReader(pair.Own, new FrameOptions { BufferSize = bufferSize, BigEndian = bigEndian });
        byte[] wire = [.. payloads.SelectMany(p => FramePair.Encode(p, bigEndian))];
        var received = new List<byte[]>();
        for (int sent = 0, piece = 0; sent < wire.Length; piece++)
        {
            var length = Math.Min(pieces[piece % pieces.Length], wire.Length - sent);
            pair.Peer.Write(wire, sent, length);
            sent += length;
            if (!pair.Drain(reader, received))
                return false;
        }

        pair.Peer.ShutdownWrite();
        return reader.Read() is var last && Same(payloads, received, reader, last);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_a_writer_writes_a_reader_reads() => Prop.ForAll(Conversations, conversation =>
    {
        var (payloads, _, bufferSize, bigEndian) = conversation;
        var options = new FrameOptions { BufferSize = bufferSize, BigEndian = bigEndian };
        using var pair = new FramePair();
        var writing = Task.Run(() =>
        {
            using (var writer = new FrameWriter(pair.Peer, options))
            {
                foreach (var payload in payloads)
                    writer.Write(payload);
            }

            pair.Peer.ShutdownWrite();
        });
        var reader = new FrameReader(pair.Own, options);
        var received = new List<byte[]>();
        while (reader.Read() is { IsEnd: false } frame)
            received.Add(frame.Memory.ToArray());
        writing.GetAwaiter().GetResult();
        return Same(payloads, received, reader, default);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_cut_into_two_pieces_is_the_same_to_the_reader()
    {
        byte[][] payloads = [FramePair.Numbered(1, 5), [], FramePair.Numbered(2, 300), FramePair.Numbered(3, 1)];
        byte[] wire = [.. payloads.SelectMany(p => FramePair.Encode(p))];
        for (var cut = 0; cut <= wire.Length; cut++)
        {
            using var pair = new FramePair();
            var reader = new FrameReader(pair.Own, new FrameOptions { BufferSize = 64 });
            var received = new List<byte[]>();
            pair.Peer.Write(wire, 0, cut);
            Assert.True(pair.Drain(reader, received));
            pair.Peer.Write(wire, cut, wire.Length - cut);
            pair.Peer.ShutdownWrite();
            while (reader.Read() is { IsEnd: false } frame)
                received.Add(frame.Span.ToArray());
            Assert.Equal(payloads, received);
        }
    }

    // What is still in the socket counts too: a canceled wait may have left it there.
    private static bool Same(byte[][] sent, List<byte[]> received, FrameReader reader, Frame next)
    {
        for (; !next.IsEnd; next = reader.Read())
            received.Add(next.Span.ToArray());
        return received.Count == sent.Length && received.Zip(sent).All(both => both.First.AsSpan().SequenceEqual(both.Second));
    }
}
