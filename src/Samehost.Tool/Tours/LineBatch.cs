namespace Samehost.Tool.Tours;

/// <summary>Some lines, framed for a stream in one piece of memory: behind each a newline. A NUL as well would let a batch that
/// happens to have the size of a C program's buffer pass for one.</summary>
internal sealed class LineBatch
{
    public const int MostLines = 2048;
    private const int MostBytes = 256 * 1024;

    private readonly List<Range> _lines = new(MostLines);
    private byte[] _bytes = new byte[MostBytes];
    private int _length;

    public int Count => _lines.Count;

    public bool IsFull => Count == MostLines || _length >= MostBytes;

    public ReadOnlyMemory<byte> Frames => _bytes.AsMemory(0, _length);

    public ReadOnlyMemory<byte> this[int index] => _bytes.AsMemory(_lines[index]);

    public void Clear()
    {
        _lines.Clear();
        _length = 0;
    }

    public void Add(ReadOnlySpan<byte> line)
    {
        int end = _length + line.Length;
        if (end + 1 > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, end + 1));
        line.CopyTo(_bytes.AsSpan(_length));
        _bytes[end] = (byte)'\n';
        _lines.Add(_length..end);
        _length = end + 1;
    }
}
