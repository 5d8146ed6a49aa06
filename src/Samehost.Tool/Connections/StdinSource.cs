using Samehost.Programs.Interop;
using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Connections;

/// <summary>What is to be sent, piece by piece.</summary>
internal interface IInputSource
{
    /// <summary>The next piece, valid until the next call; null at the end.</summary>
    ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop);
}

/// <summary>Standard input as it comes.</summary>
internal sealed class RawInput : IInputSource
{
    private readonly byte[] _buffer = new byte[256 * 1024];

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop)
    {
        int got = await OpenStandardInput.ReadAsync(_buffer, stop);
        return got > 0 ? _buffer.AsMemory(0, got) : default(ReadOnlyMemory<byte>?); // a bare null would be an empty piece
    }
}

/// <summary>Standard input line by line, without the newlines; with <paramref name="isHex"/> the bytes that each line spells.</summary>
internal sealed class LineInput(bool isHex) : IInputSource
{
    /// <summary>More than the kernel lets through as one record with its usual limits.</summary>
    private const int Longest = 16 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _searched;
    private bool _isOver;
    private long _number;

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop)
    {
        while (true)
        {
            int newline = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (newline >= 0)
                return Take(_searched + newline, _searched + newline + 1);
            if (_isOver)
                return _start < _end ? Take(_end, _end) : default(ReadOnlyMemory<byte>?); // a bare null would be an empty line
            _searched = _end;
            MakeRoom();
            int got = await OpenStandardInput.ReadAsync(_buffer.AsMemory(_end), stop);
            _isOver = got == 0;
            _end += got;
        }
    }

    private ReadOnlyMemory<byte> Take(int end, int next)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, end - _start);
        _start = _searched = next;
        _number++;
        if (!isHex)
            return line;
        return HexText.TryParse(line.Span, out byte[] bytes) ? bytes
            : throw new ToolException($"line {_number} of the input is not hexadecimal: write two digits for each byte, as in 48 69 0a");
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
        if (_buffer.Length >= Longest)
            throw new ToolException($"line {_number + 1} of the input is longer than {Longest} bytes, too long for a record");
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}

/// <summary>Standard input, unless it was closed when we were started.</summary>
internal static class OpenStandardInput
{
    public static ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop) =>
        GivenDescriptors.Has(StandardDescriptors.Input)
            ? StandardInput.ReadAsync(buffer, stop)
            : throw new ToolException("standard input is closed: give it something to read, as in < /dev/null");
}
