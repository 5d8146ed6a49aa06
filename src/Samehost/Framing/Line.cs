using System.Text;

namespace Samehost;

/// <summary>One line that a <see cref="LineReader"/> has read, without what ended it; or the end of the stream.</summary>
/// <remarks>The bytes lie in the reader's buffer: they are valid until the reader is next asked to wait or to read.</remarks>
public readonly struct Line
{
    private readonly byte[]? _buffer;
    private readonly int _start;

    internal Line(byte[] buffer, int start, int length)
    {
        _buffer = buffer;
        _start = start;
        Length = length;
    }

    /// <summary>True when there is no line because the stream has ended. An empty line is not the end.</summary>
    public bool IsEnd => _buffer is null;

    /// <summary>How many bytes the line has.</summary>
    public int Length { get; }

    /// <summary>The line, as the peer sent it. Costs less than <see cref="Bytes"/>.</summary>
    public ReadOnlySpan<byte> Span => new(_buffer, _start, Length);

    /// <summary>The line, for code that waits; no longer valid than <see cref="Span"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => new(_buffer, _start, Length);

    /// <summary>The line as text, taken for UTF-8; what is not UTF-8 becomes U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);
}
