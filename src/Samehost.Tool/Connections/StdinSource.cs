using Samehost.Programs.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Connections;

/// <summary>A source of data to send.</summary>
internal interface IInputSource
{
    /// <summary>Reads the next piece, which is valid until the next call; null at the end.</summary>
    ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken);
}

/// <summary>Standard input in pieces as they are read.</summary>
internal sealed class RawInput : IInputSource
{
    private readonly byte[] _buffer = new byte[256 * 1024];

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        var got = await OpenStandardInput.ReadAsync(_buffer, cancellationToken);
        return got > 0 ? _buffer.AsMemory(0, got) : default(ReadOnlyMemory<byte>?); // a bare null would be an empty piece
    }
}

/// <summary>Standard input as lines without their newlines; with <paramref name="isHex"/> each line is decoded from hexadecimal.</summary>
internal sealed class LineInput(bool isHex) : IInputSource
{
    /// <summary>Longer than any record with the kernel's default limits.</summary>
    private const int MaxLineLength = 16 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _searched;
    private bool _isEnd;
    private long _lineNumber;

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (newline >= 0)
                return Take(_searched + newline, _searched + newline + 1);
            if (_isEnd)
                return _start < _end ? Take(_end, _end) : default(ReadOnlyMemory<byte>?); // a bare null would be an empty line
            _searched = _end;
            MakeRoom();
            var got = await OpenStandardInput.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _isEnd = got == 0;
            _end += got;
        }
    }

    private ReadOnlyMemory<byte> Take(int end, int next)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, end - _start);
        _start = _searched = next;
        _lineNumber++;
        if (!isHex)
            return line;
        return HexText.TryParse(line.Span, out var bytes) ? bytes
            : throw new ToolException(
                $"line {_lineNumber} of the input is not hexadecimal: write two digits for each byte, as in 48 69 0a");
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _searched, _start) = (_end - _start, _searched - _start, 0);
        }
        if (_end < _buffer.Length)
            return;
        if (_buffer.Length >= MaxLineLength)
            throw new ToolException($"line {_lineNumber + 1} of the input is longer than {MaxLineLength} bytes, too long for a record");
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}

/// <summary>Reads standard input; fails if it was closed at start.</summary>
internal static class OpenStandardInput
{
    public static ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        InheritedDescriptors.Has(StandardDescriptors.Input)
            ? StandardDescriptors.ReadAsync(buffer, cancellationToken)
            : throw new ToolException("standard input is closed: give it something to read, as in < /dev/null");
}
