namespace Samehost.Programs;

/// <summary>
/// Cuts a flow of bytes into messages. A message ends at a newline, or at a NUL when something stands before it; all other NULs are
/// skipped, because C programs like to send fixed blocks padded with them. What is left at the end of the flow is a message too.
/// </summary>
internal sealed class MessageReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, int limit = MessageReader.Limit)
{
    /// <summary>The longest message in bytes; without one a peer could make us buffer without end.</summary>
    public const int Limit = 1024 * 1024;

    private byte[] _buffer = new byte[8192];
    private int _start;
    private int _scanned;
    private int _end;
    private bool _ended;

    /// <summary>The next message without its end mark, good until the next call; null at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop)
    {
        while (true)
        {
            if (TryTake(out ReadOnlyMemory<byte> message))
                return message;
            if (_ended)
                return null;
            MakeRoom();
            int got = await read(_buffer.AsMemory(_end), stop);
            _end += got;
            _ended = got == 0;
        }
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
