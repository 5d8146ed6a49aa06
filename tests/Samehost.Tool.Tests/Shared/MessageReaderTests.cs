using System.Text;
using Samehost.Programs;

namespace Samehost.Tool.Tests.Shared;

/// <summary>How the stream programs and the tool split received data into messages.</summary>
public sealed class MessageReaderTests
{
    private const int Timeout = 30_000;

    public static TheoryData<int, int> SizesAndPieces
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (var size in (int[])[2, 64, 1000, 4095, 4096, 4097, 5000, 9000, 20_000])
            {
                foreach (var piece in (int[])[1, 7, 512, 4095, 5000, int.MaxValue])
                    data.Add(size, piece);
            }
            return data;
        }
    }

    [Fact(Timeout = Timeout)]
    public async Task A_block_is_the_text_up_to_the_first_NUL_whatever_follows() =>
        Assert.Equal(
            ["hello wonderful world", "g2", "longer again than that", "x", ""],
            await ReadAsync(
                Block("hello wonderful world\n\0"), Block("g2\n\0o wonderful world\n\0"), Block("longer again than that\n\0"),
                Block("x\n\0nger again than that\n\0g3\n\0", filler: 0xA5), Block("\n\0\n\0\n")));

    [Fact(Timeout = Timeout)]
    public async Task A_block_needs_no_newline_and_may_be_empty() =>
        Assert.Equal(
            ["g1", "", "g2", new string('a', 4095), "\n"],
            await ReadAsync(Block("g1"), Block("\0g1\n"), Block("g2\0\n"), Block(new string('a', 4095)), Block("\n\n\0g")));

    [Fact(Timeout = Timeout)]
    public async Task A_read_of_another_size_ends_the_recognition_of_blocks() =>
        Assert.Equal(
            ["g1", "g2", "g3", "g4", "g5"],
            await ReadAsync(Block("g1\n\0rest\n"), "g2\n\0"u8.ToArray(), Block("g3\n\0g4\n\0"), Block("g5\n")));

    [Fact(Timeout = Timeout)]
    public async Task A_read_of_that_size_without_a_NUL_is_not_a_block() =>
        Assert.Equal(
            [new string('a', 4000), new string('b', 95) + "g2", "g3", "g4"],
            await ReadAsync(Bytes(new string('a', 4000) + '\n' + new string('b', 95)), "g2\n"u8.ToArray(), Block("g3\n\0g4\n")));

    [Fact(Timeout = Timeout)]
    public async Task Without_blocks_a_read_of_that_size_is_parsed_as_lines() =>
        Assert.Equal(["g1", "g2", "g3"], await ReadAsync(acceptsBlocks: false, Block("g1\n\0g2\n\0"), Block("\0\0g3\n")));

    [Fact(Timeout = Timeout)]
    public async Task Every_read_that_may_be_a_block_has_room_for_two()
    {
        var reads = 0;
        var reader = new MessageReader(Read) { AcceptsBlocks = true };
        while (await reader.NextAsync(TestContext.Current.CancellationToken) is { } message)
            Assert.Equal(Block($"g{reads}\n\0rest").AsSpan(0, message.Length), message.Span);
        Assert.Equal(101, reads);

        ValueTask<int> Read(Memory<byte> room, CancellationToken cancellationToken)
        {
            Assert.InRange(room.Length, 2 * MessageReader.BlockSize, int.MaxValue);
            if (reads++ == 100)
                return ValueTask.FromResult(0);
            Block($"g{reads}\n\0rest").CopyTo(room);
            return ValueTask.FromResult(MessageReader.BlockSize);
        }
    }

    [Theory(Timeout = Timeout)]
    [MemberData(nameof(SizesAndPieces))]
    public async Task Zero_filled_blocks_of_any_size_are_parsed_in_any_pieces(int size, int piece)
    {
        var random = new Random(size);
        string[] lines = [.. Enumerable.Range(0, 30).Select(_ => new string('a', random.Next(0, size - 1))), new string('b', size - 2)];
        byte[][] blocks = [.. lines.Select(line => Block(line + "\n", size))];
        Assert.Equal(lines, await ReadAsync([.. blocks.SelectMany(block => Cut(block, piece))]));

        // Also without a newline, when the text fills all but one byte; an empty text is not a message then.
        lines = [.. lines.Select(line => line + "c")];
        blocks = [.. lines.Select(line => Block(line, size))];
        Assert.Equal(lines, await ReadAsync([.. blocks.SelectMany(block => Cut(block, piece))]));
    }

    [Theory(Timeout = Timeout)]
    [InlineData("\n", 1)]
    [InlineData("\n", 4095)]
    [InlineData("\n", 4096)]
    [InlineData("\n", int.MaxValue)]
    [InlineData("\n\0", 1)]
    [InlineData("\n\0", 4095)]
    [InlineData("\n\0", int.MaxValue)]
    public async Task Lines_of_any_length_are_parsed_in_any_pieces(string end, int piece)
    {
        int[] lengths = [0, 1, 4093, 4094, 4095, 4096, 4097, 8191, 8192, 0, 100_000, piece == 1 ? 3 : MessageReader.Limit, 0, 5];
        string[] lines = [.. lengths.Select((length, index) => new string((char)('a' + index), length))];
        var all = Bytes(string.Concat(lines.Select(line => line + end)));
        Assert.Equal(lines, await ReadAsync([.. Cut(all, piece)]));

        // The rest at the end is a line.
        Assert.Equal(lines.Append("last"), await ReadAsync([.. Cut([.. all, .. "last"u8], piece)]));
    }

    [Theory(Timeout = Timeout)]
    [InlineData("\n")]
    [InlineData("\n\0")]
    public async Task Lines_that_each_wait_for_an_answer_are_parsed_at_any_length(string end)
    {
        int[] lengths = [4094, 4095, 4094, .. Enumerable.Range(4080, 30), 3, .. Enumerable.Range(4080, 30).Reverse()];
        string[] lines = [.. lengths.Select(length => new string('a', length))];
        for (var skipped = 0; skipped < lines.Length; skipped++)
            Assert.Equal(lines[skipped..], await ReadAsync([.. lines[skipped..].Select(line => Bytes(line + end))]));
    }

    [Theory(Timeout = Timeout)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_longer_message_is_refused(bool acceptsBlocks)
    {
        var all = new byte[MessageReader.Limit + 1];
        all.AsSpan().Fill((byte)'a');
        await Assert.ThrowsAsync<ProgramException>(() => ReadAsync(acceptsBlocks, all));
    }

    private static Task<string[]> ReadAsync(params byte[][] reads) => ReadAsync(acceptsBlocks: true, reads);

    /// <summary>The messages for reads that each return one of these pieces, or as much of it as there is room for.</summary>
    private static async Task<string[]> ReadAsync(bool acceptsBlocks, params byte[][] reads)
    {
        var (index, from) = (0, 0);
        var reader = new MessageReader(Read) { AcceptsBlocks = acceptsBlocks };
        var messages = new List<string>();
        while (await reader.NextAsync(TestContext.Current.CancellationToken) is { } message)
            messages.Add(Encoding.Latin1.GetString(message.Span));
        return [.. messages];

        ValueTask<int> Read(Memory<byte> room, CancellationToken cancellationToken)
        {
            if (index == reads.Length)
                return ValueTask.FromResult(0);
            var count = Math.Min(room.Length, reads[index].Length - from);
            reads[index].AsMemory(from, count).CopyTo(room);
            from += count;
            if (from == reads[index].Length)
                (index, from) = (index + 1, 0);
            return ValueTask.FromResult(count);
        }
    }

    private static byte[] Block(string text, int size = MessageReader.BlockSize, byte filler = 0)
    {
        var block = new byte[size];
        block.AsSpan().Fill(filler);
        Bytes(text).CopyTo(block, 0);
        return block;
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static IEnumerable<byte[]> Cut(byte[] bytes, int piece) => bytes.Chunk(Math.Min(piece, bytes.Length));
}
