using Samehost.Programs;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Tour;

/// <summary>Reads the lines of a file as bytes, in pieces: it may be a pipe, or larger than memory.</summary>
internal sealed class LineFileReader : IDisposable
{
    private readonly string _name;
    private readonly FileStream _file;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    public LineFileReader(string path)
    {
        _name = path;
        _file = Open(path);
    }

    public long Lines { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Whether the last line has no newline.</summary>
    public bool LacksFinalNewline { get; private set; }

    /// <summary>Reads the next lines into the batch; returns false at the end.</summary>
    /// <exception cref="ToolException">A line cannot be sent; the message says which and why.</exception>
    public async ValueTask<bool> ReadAsync(LineBatch batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        while (!batch.IsFull)
        {
            while (!batch.IsFull && TakeLine(batch))
            {
            }
            if (batch.IsFull || _ended)
                break;
            await FillAsync(cancellationToken);
        }
        return batch.Count > 0;
    }

    public void Dispose() => _file.Dispose();

    private bool TakeLine(LineBatch batch)
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
        var length = rest.IndexOf((byte)'\n');
        if (length < 0 && rest.Length > MessageReader.Limit)
            length = rest.Length; // already too long
        if (length < 0 && !(_ended && rest.Length > 0))
            return false;
        LacksFinalNewline = length < 0;
        var line = length < 0 ? rest : rest[..length];
        Lines++;
        if (line.Length > MessageReader.Limit)
            throw InvalidLine($"is longer than {MessageReader.Limit:N0} bytes, the most that the programs take");
        if (line.Contains((byte)0))
            throw InvalidLine("holds a NUL byte, which ends a message for the programs: is this a text file?");
        batch.Add(line);
        _start += LacksFinalNewline ? line.Length : line.Length + 1;
        return true;
    }

    private ToolException InvalidLine(string why) => new($"{_name}: line {Lines:N0} {why}");

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        var got = await _file.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += got;
        Bytes += got;
        _ended = got == 0;
    }

    private static FileStream Open(string path)
    {
        if (Directory.Exists(path))
            throw new ToolException($"{path} is a directory: name a file with lines");
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ToolException($"{path}: no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw new ToolException($"{path}: permission denied");
        }
    }
}

/// <summary>
/// Lines for a stream in one buffer, each with a newline. With NULs as well, a batch that happens to have the size of a C program's buffer
/// could be taken for one.
/// </summary>
internal sealed class LineBatch
{
    public const int MaxLines = 2048;
    private const int MaxBytes = 256 * 1024;

    private readonly List<Range> _lines = new(MaxLines);
    private byte[] _bytes = new byte[MaxBytes];
    private int _length;

    public int Count => _lines.Count;

    public bool IsFull => Count == MaxLines || _length >= MaxBytes;

    public ReadOnlyMemory<byte> Frames => _bytes.AsMemory(0, _length);

    public ReadOnlyMemory<byte> this[int index] => _bytes.AsMemory(_lines[index]);

    public void Clear()
    {
        _lines.Clear();
        _length = 0;
    }

    public void Add(ReadOnlySpan<byte> line)
    {
        var end = _length + line.Length;
        if (end + 1 > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, end + 1));
        line.CopyTo(_bytes.AsSpan(_length));
        _bytes[end] = (byte)'\n';
        _lines.Add(_length..end);
        _length = end + 1;
    }
}
