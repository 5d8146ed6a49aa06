using System.IO.Pipelines;
using System.IO.Pipes;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Samehost.Framing;
using Xunit;

namespace Samehost.Tests.Framing;

/// <summary>Frames and lines over streams that are not local sockets.</summary>
public sealed class AnyStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Frames_pass_through_any_stream(bool blocking)
    {
        byte[][] sent = [[], [.. "short"u8], FramePair.Numbered(1, 300_000), FramePair.Numbered(2, 70_000), [.. "last"u8]];
        using var memory = new MemoryStream();
        using (var writer = new FrameWriter(memory))
        {
            foreach (var frame in sent)
            {
                if (blocking)
                    writer.Write(frame);
                else
                    await writer.WriteAsync(frame, Token);
            }
        }

        memory.Position = 0;
        var received = new List<byte[]>();
        using (var reader = new FrameReader(memory))
        {
            if (blocking)
            {
                for (var frame = reader.Read(); !frame.IsEnd; frame = reader.Read())
                    received.Add(frame.Span.ToArray());
            }
            else
            {
                await foreach (var frame in reader.ReadAllAsync(Token))
                    received.Add(frame.Memory.ToArray());
            }
        }

        Assert.Equal(sent, received);
        Assert.True(memory.CanRead); // it stays the caller's
    }

    [Fact(Timeout = 180_000)]
    public async Task Lines_pass_through_any_stream()
    {
        using var memory = new MemoryStream();
        await using (var writer = new LineWriter(memory, new LineOptions { BufferSize = 16 }))
        {
            await writer.WriteAsync("one", Token);
            writer.Write("a line that is longer than the buffer");
            writer.Write("");
        }

        memory.Position = 0;
        var lines = new List<string>();
        await using (var reader = new LineReader(memory, new LineOptions { OwnsStream = true }))
        {
            await foreach (var line in reader.ReadAllAsync(Token))
                lines.Add(line.ToString());
        }

        Assert.Equal(["one", "a line that is longer than the buffer", ""], lines);
        Assert.False(memory.CanRead);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flush_reaches_the_end_of_a_stream_with_a_buffer_of_its_own(bool blocking)
    {
        var pipe = new Pipe();
        await using var buffered = new BufferedStream(pipe.Writer.AsStream());
        await using var writer = new LineWriter(buffered);
        await writer.WriteAsync("hello", Token);
        if (blocking)
            writer.Flush();
        else
            await writer.FlushAsync(Token);
        var read = await pipe.Reader.ReadAsync(Token);
        Assert.Equal("hello\n", Encoding.ASCII.GetString(read.Buffer.FirstSpan));
    }

    [Fact(Timeout = 180_000)]
    public async Task Reading_all_frames_ends_with_an_exception_where_the_stream_ends_inside_one()
    {
        using var memory = new MemoryStream([.. FramePair.Encode("whole"u8), 9, 0, 0, 0, 1]);
        await using var reader = new FrameReader(memory);
        var count = 0;
        await Assert.ThrowsAsync<EndOfStreamException>(async () =>
        {
            await foreach (var frame in reader.ReadAllAsync(Token))
                count += frame.Length;
        });
        Assert.Equal(5, count);
    }

    [Fact(Timeout = 180_000)]
    public async Task Reading_all_lines_is_canceled_without_losing_one()
    {
        var pipe = new Pipe();
        await using var reader = new LineReader(pipe.Reader.AsStream());
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await pipe.Writer.WriteAsync("one\ntw"u8.ToArray(), Token);
        var lines = new List<string>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var line in reader.ReadAllAsync(cancellation.Token))
            {
                lines.Add(line.ToString());
                await cancellation.CancelAsync();
            }
        });
        await pipe.Writer.WriteAsync("o\n"u8.ToArray(), Token);
        await pipe.Writer.CompleteAsync();
        await foreach (var line in reader.ReadAllAsync(Token))
            lines.Add(line.ToString());
        Assert.Equal(["one", "two"], lines);
    }

    [Fact(Timeout = 180_000)]
    public async Task Descriptors_need_a_UnixStream()
    {
        using var memory = new MemoryStream();
        Assert.Throws<ArgumentException>("stream", () => new FrameReader(memory, new FrameOptions { Descriptors = new() }));
        await using var writer = new FrameWriter(memory);
        using var file = new SafeFileHandle(-1, ownsHandle: false);
        Assert.Throws<NotSupportedException>(() => writer.Write("with"u8, [file]));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await writer.WriteAsync("with"u8.ToArray(), [file], Token));
        writer.Write("without"u8, []);
        writer.Flush();
        Assert.Equal(FramePair.Encode("without"u8), memory.ToArray());
    }

    [Fact]
    public void Streams_of_the_wrong_direction_are_refused()
    {
        using var input = new AnonymousPipeServerStream(PipeDirection.In);
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        Assert.Throws<ArgumentException>("stream", () => new FrameReader(output));
        Assert.Throws<ArgumentException>("stream", () => new LineReader(output));
        Assert.Throws<ArgumentException>("stream", () => new FrameWriter(input));
        Assert.Throws<ArgumentException>("stream", () => new LineWriter(input));
        Assert.Throws<ArgumentNullException>("stream", () => new FrameReader(null!));
        Assert.Throws<ArgumentNullException>("stream", () => new LineWriter(null!));
    }

    [Fact]
    public void Readers_and_writers_copy_their_options()
    {
        using var memory = new MemoryStream();
        var options = new FrameOptions { BigEndian = true };
        using (var writer = new FrameWriter(memory, options))
        {
            options.BigEndian = false;
            options.MaxLength = 1;
            options.OwnsStream = true;
            writer.Write("hello"u8);
        }

        Assert.Equal(FramePair.Encode("hello"u8, bigEndian: true), memory.ToArray());
        Assert.True(memory.CanWrite);

        var descriptors = new DescriptorOptions { MaxCount = 1 };
        using var pair = new FramePair(acceptDescriptors: true);
        using var reader = new FrameReader(pair.Own, new FrameOptions { Descriptors = descriptors });
        Assert.Throws<InvalidOperationException>(() => descriptors.MaxCount = 2);
        Assert.Equal(1, descriptors.MaxCount);
    }
}
