namespace Samehost.Programs;

/// <summary>
/// Splits a stream of bytes into messages. A message ends at a newline, or at a NUL after at least one byte; all other NULs are skipped,
/// because C programs often send fixed blocks padded with them. The rest at the end of the stream is a message too. With <see
/// cref="AcceptsBlocks"/>, blocks that are padded with the remains of earlier messages are recognized as well.
/// </summary>
internal sealed class MessageReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, int limit = MessageReader.Limit)
{
    /// <summary>The longest message in bytes, which limits the buffer.</summary>
    public const int Limit = 1024 * 1024;

    /// <summary>The size of the recognized blocks.</summary>
    public const int BlockSize = 4096;

    // Twice the block size: a read of one block then means that the peer wrote one, not that the buffer was full.
    private byte[] _buffer = new byte[2 * BlockSize];
    private int _start;
    private int _scanned;
    private int _end;
    private bool _ended;
    private bool _isLines;

    /// <summary>
    /// Whether the peer may be a C program that writes whole buffers without clearing them and waits for an answer to each: as long as
    /// every read returns exactly <see cref="BlockSize"/> bytes with a NUL among them, each is one message, up to the first NUL and without
    /// a newline before it. After the first other read there are no blocks. The bytes alone cannot decide: what follows the first NUL may
    /// look like further messages. False for standard input, where that size is only the page size of a pipe.
    /// </summary>
    public bool AcceptsBlocks { get; init; }

    /// <summary>Reads the next message without its end mark, valid until the next call; null at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out ReadOnlyMemory<byte> message))
                return message;
            if (_ended)
                return null;
            MakeRoom();
            int got = await read(_buffer.AsMemory(_end), cancellationToken);
            _end += got;
            _ended = got == 0;
            if (AcceptsBlocks && !_isLines && TryTakeBlock(got, out message))
                return message;
        }
    }

    /// <summary>Takes the last read as one message if it is a block. The buffer was empty before: all earlier reads were blocks.</summary>
    private bool TryTakeBlock(int got, out ReadOnlyMemory<byte> message)
    {
        ReadOnlySpan<byte> block = _buffer.AsSpan(_start, got);
        int end = got == BlockSize ? block.IndexOf((byte)0) : -1;
        _isLines = end < 0;
        message = default;
        if (_isLines)
            return false;
        int length = block[..end].EndsWith("\n"u8) ? end - 1 : end;
        message = _buffer.AsMemory(_start, length);
        _start = _scanned = _end;
        return true;
    }

    private bool TryTake(out ReadOnlyMemory<byte> message)
    {
        int padding = _buffer.AsSpan(_start, _end - _start).IndexOfAnyExcept((byte)0);
        _start = padding < 0 ? _end : _start + padding;
        _scanned = Math.Max(_scanned, _start);
        int at = _buffer.AsSpan(_scanned, _end - _scanned).IndexOfAny((byte)'\n', (byte)0);
        int end = at < 0 ? _end : _scanned + at;
        if (end - _start > limit)
            throw new ProgramException($"a message is longer than {Limit:N0} bytes");
        bool complete = at >= 0 || (_ended && end > _start);
        message = complete ? _buffer.AsMemory(_start, end - _start) : default;
        _scanned = end;
        if (complete)
            _start = _scanned = at >= 0 ? end + 1 : end;
        return complete;
    }

    private void MakeRoom()
    {
        if (_start == _end)
            _start = _scanned = _end = 0;
        if (_end < _buffer.Length)
            return;
        byte[] target = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        _buffer = target;
        (_scanned, _end, _start) = (_scanned - _start, _end - _start, 0);
    }
}
