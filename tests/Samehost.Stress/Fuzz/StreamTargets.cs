using System.Buffers.Binary;
using Samehost.Framing;

namespace Samehost.Stress.Fuzz;

/// <summary>Bytes of a peer; the first byte of an input selects options, the second the size of the writes.</summary>
internal abstract class StreamTarget : FuzzTarget
{
    private const int HeaderLength = 2;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string Run(byte[] input)
    {
        if (input.Length < HeaderLength)
            return "short";
        var body = input[HeaderLength..];
        var (near, far) = UnixStream.CreatePair();
        using (near)
        using (far)
        {
            // A socket buffer holds less than the longest input in one-byte writes.
            var piece = Math.Max(1 + input[1], body.Length / 64);
            var writing = Task.Run(() =>
            {
                for (var sent = 0; sent < body.Length; sent += piece)
                    far.Write(body.AsSpan(sent, Math.Min(piece, body.Length - sent)));
                far.ShutdownWrite();
            });
            var outcome = Read(near, input[0], body);
            near.Dispose();
            writing.ContinueWith(static t => t.Exception, TaskScheduler.Default).Wait(); // the reader may have closed
            return outcome;
        }
    }

    protected abstract string Read(UnixStream stream, byte options, byte[] sent);
}

/// <summary><see cref="FrameReader"/>, compared with a simple decoder.</summary>
internal sealed class FrameTarget : StreamTarget
{
    public override string Name => "frames";

    public override IReadOnlyList<string> Words { get; } =
        ["\0\0\0\0", "\u0001\0\0\0", "\0\0\0\u0001", "\u0010\0\0\0", "\0\u0010\0\0", "frame"];

    protected override string Read(UnixStream stream, byte options, byte[] sent)
    {
        var frameOptions = new FrameOptions
        {
            BigEndian = (options & 1) != 0,
            BufferSize = 16 << (options >> 1 & 7),
            MaxLength = (options & 16) != 0 ? 100 : 1 << 20,
        };
        using var reader = new FrameReader(stream, frameOptions);
        var at = 0;
        var frames = 0;
        try
        {
            while (reader.Read() is { IsEnd: false } frame)
            {
                var (length, payload) = Decode(sent.AsSpan(at), frameOptions.BigEndian);
                Require(payload is not null && length <= frameOptions.MaxLength, $"a frame came at byte {at}, where there is none");
                Require(frame.Span.SequenceEqual(payload), $"the frame at byte {at} has other bytes");
                at += 4 + payload!.Length;
                frames++;
            }
            Require(at == sent.Length, $"the stream ended at byte {at} of {sent.Length}");
            return $"end {frames}";
        }
        catch (InvalidDataException)
        {
            Require(sent.Length - at >= 4 && Decode(sent.AsSpan(at), frameOptions.BigEndian).Length > frameOptions.MaxLength,
                $"the frame at byte {at} is called too long");
            return $"long {frames}";
        }
        catch (EndOfStreamException)
        {
            var isCut = at < sent.Length && Decode(sent.AsSpan(at), frameOptions.BigEndian).Payload is null;
            Require(isCut, $"the frame at byte {at} is called cut off");
            return $"cut {frames}";
        }
    }

    private static (uint Length, byte[]? Payload) Decode(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        if (bytes.Length < 4)
            return (0, null);
        var length = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return (length, length <= bytes.Length - 4 ? bytes.Slice(4, (int)length).ToArray() : null);
    }
}

/// <summary><see cref="LineReader"/>, compared with a search for newlines.</summary>
internal sealed class LineTarget : StreamTarget
{
    private const int ShortLine = 100;

    public override string Name => "lines";

    public override IReadOnlyList<string> Words { get; } = ["\n", "\r\n", "\r", "\0", "\n\n", "a line\n", "é", "\u2028"];

    protected override string Read(UnixStream stream, byte options, byte[] sent)
    {
        var lineOptions = new LineOptions
        {
            StripCarriageReturn = (options & 1) != 0,
            BufferSize = 16 << (options >> 1 & 7),
            MaxLength = (options & 16) != 0 ? ShortLine : 1 << 20,
        };
        using var reader = new LineReader(stream, lineOptions);
        var at = 0;
        var lines = 0;
        try
        {
            while (reader.Read() is { IsEnd: false } line)
            {
                var rest = sent.AsSpan(at);
                Require(rest.Length > 0, "a line came behind the last");
                var newline = rest.IndexOf((byte)'\n');
                var expected = newline < 0 ? rest : rest[..newline];
                Require(expected.Length <= lineOptions.MaxLength, $"a line of {expected.Length} bytes came");
                at += newline < 0 ? rest.Length : newline + 1;
                if (newline >= 0 && lineOptions.StripCarriageReturn && expected is [.., (byte)'\r'])
                    expected = expected[..^1];
                Require(line.Span.SequenceEqual(expected), $"line {lines} has other bytes");
                lines++;
            }
            Require(at == sent.Length, $"the stream ended at byte {at} of {sent.Length}");
            return $"end {lines}";
        }
        catch (InvalidDataException)
        {
            var rest = sent.AsSpan(at);
            var newline = rest.IndexOf((byte)'\n');
            Require((newline < 0 ? rest.Length : newline) > lineOptions.MaxLength, $"line {lines} is called too long");
            return $"long {lines}";
        }
    }
}
