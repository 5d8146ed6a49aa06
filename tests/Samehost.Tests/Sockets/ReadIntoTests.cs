using System.Buffers;
using System.IO.Pipelines;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Reads that ask for room when there is something to read.</summary>
public sealed class ReadIntoTests : StreamPairTest
{
    [Fact(Timeout = Limit)]
    public async Task A_waiting_read_has_returned_its_buffer()
    {
        var room = new Room(100);
        var read = Near.ReadAsync(room, Token);
        Assert.False(read.IsCompleted);
        Assert.Equal(0, room.Taken);

        await Far.WriteAsync(Pattern(40), Token);

        Assert.Equal(40, await read);
        Assert.Equal(Pattern(40), room.Filled);
        Assert.Equal(0, room.Taken);
    }

    [Fact(Timeout = Limit)]
    public async Task A_conversation_is_read_into_a_pipe_as_it_is()
    {
        var sent = Pattern(1_000_000);
        var sending = Task.Run(async () =>
        {
            await Far.WriteAsync(sent, Token);
            Far.ShutdownWrite();
        }, Token);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        while (await Near.ReadAsync(pipe.Writer, Token) > 0)
            await pipe.Writer.FlushAsync(Token);
        await pipe.Writer.CompleteAsync();
        await sending;

        var all = await pipe.Reader.ReadAtLeastAsync(sent.Length, Token);
        Assert.True(sent.AsSpan().SequenceEqual(all.Buffer.ToArray()));
    }

    [Fact(Timeout = Limit)]
    public async Task A_writer_without_room_ends_the_read_and_not_the_stream()
    {
        await Far.WriteAsync(Pattern(3), Token);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => _ = await Near.ReadAsync(new Room(0), Token));

        var room = new Room(10);
        Assert.Equal(3, await Near.ReadAsync(room, Token));
        Assert.Equal(Pattern(3), room.Filled);
    }

    [Fact(Timeout = Limit)]
    public async Task A_canceled_read_leaves_the_bytes_to_the_next()
    {
        var room = new Room(10);
        using var canceling = new CancellationTokenSource();
        var read = Near.ReadAsync(room, canceling.Token);
        await canceling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);

        await Far.WriteAsync(Pattern(3), Token);
        Assert.Empty(room.Filled);
        Assert.Equal(3, await Near.ReadAsync(room, Token));
    }

    private sealed class Room(int size) : IBufferWriter<byte>
    {
        private readonly byte[] _bytes = new byte[size];
        private int _filled;

        public int Taken { get; private set; }

        public byte[] Filled => _bytes[.._filled];

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Assert.Equal(0, Taken++);
            return _bytes.AsSpan(_filled);
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public void Advance(int count)
        {
            Taken--;
            _filled += count;
        }
    }
}
