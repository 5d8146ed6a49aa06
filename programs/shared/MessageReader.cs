namespace Samehost.Programs;

/// <summary>
/// Reads messages from a stream of bytes. A message ends at a newline or at a NUL; NULs before a message are skipped, because C programs
/// send fixed-size blocks padded with them. The remainder at the end of the stream is a message too. With <see cref="AcceptsBlocks"/> the
/// rest of a block may also be what earlier messages left there.
/// </summary>
internal sealed class MessageReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, int limit = MessageReader.Limit)
{
    /// <summary>The longest message in bytes, which bounds the memory that a peer can use.</summary>
    public const int Limit = 1024 * 1024;

    /// <summary>The size of the blocks that are recognized.</summary>
    public const int BlockSize = 4096;

    // Twice a block: then a read of the size of a block means that the peer wrote one, not that the buffer was full.
    private byte[] _buffer = new byte[2 * BlockSize];
    private int _start;
    private int _scanned;
    private int _end;
    private bool _ended;
    private bool _isLines;

    /// <summary>
    /// Whether the peer may be a C program that writes whole buffers without clearing them, and waits for an answer to each: as long as
    /// every read returns exactly <see cref="BlockSize"/> bytes with a NUL among them, each is one message, up to the first NUL and
    /// without a newline before it. After the first other read no block is recognized. The bytes alone cannot decide, because what
    /// follows the first NUL may look like further messages. False for standard input, where that size is the size of a pipe's page.
    /// </summary>
    public bool AcceptsBlocks { get; init; }

    /// <summary>Reads the next message without its terminator, valid until the next call; null at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out var message))
                return message;
            if (_ended)
                return null;
            MakeRoom();
            var count = await read(_buffer.AsMemory(_end), cancellationToken);
            _end += count;
            _ended = count == 0;
            if (AcceptsBlocks && !_isLines && TryTakeBlock(count, out message))
                return message;
        }
    }

    /// <summary>
    /// Takes the last read as one message if it is a block. The buffer was empty before, because all earlier reads were blocks.
    /// </summary>
    private bool TryTakeBlock(int count, out ReadOnlyMemory<byte> message)
    {
        ReadOnlySpan<byte> block = _buffer.AsSpan(_start, count);
        var end = count == BlockSize ? block.IndexOf((byte)0) : -1;
        _isLines = end < 0;
        message = default;
        if (_isLines)
            return false;
        var length = block[..end].EndsWith("\n"u8) ? end - 1 : end;
        message = _buffer.AsMemory(_start, length);
        _start = _scanned = _end;
        return true;
    }

    private bool TryTake(out ReadOnlyMemory<byte> message)
    {
        var padding = _buffer.AsSpan(_start, _end - _start).IndexOfAnyExcept((byte)0);
        _start = padding < 0 ? _end : _start + padding;
        _scanned = Math.Max(_scanned, _start);
        var at = _buffer.AsSpan(_scanned, _end - _scanned).IndexOfAny((byte)'\n', (byte)0);
        var end = at < 0 ? _end : _scanned + at;
        if (end - _start > limit)
            throw new ProgramException($"a message is longer than {Limit:N0} bytes");
        var complete = at >= 0 || (_ended && end > _start);
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
        var target = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        _buffer = target;
        (_scanned, _end, _start) = (_scanned - _start, _end - _start, 0);
    }
}
