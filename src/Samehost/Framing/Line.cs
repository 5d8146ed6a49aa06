using System.Text;

namespace Samehost.Framing;

/// <summary>Represents one line that a <see cref="LineReader"/> has read, without its end; or the end of the stream.</summary>
/// <remarks>The bytes are in the reader's buffer: they are valid until the next call that waits or reads.</remarks>
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

    /// <summary>Gets a value that indicates whether the stream has ended; an empty line is not the end.</summary>
    public bool IsEnd => _buffer is null;

    /// <summary>Gets the number of bytes in the line.</summary>
    public int Length { get; }

    /// <summary>Gets the line, as the peer sent it. It is faster than <see cref="Memory"/>.</summary>
    public ReadOnlySpan<byte> Span => new(_buffer, _start, Length);

    /// <summary>Gets the line, for asynchronous code; it is valid as long as <see cref="Span"/>.</summary>
    public ReadOnlyMemory<byte> Memory => new(_buffer, _start, Length);

    /// <summary>Returns the line, decoded as UTF-8; invalid bytes become U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);
}

/// <summary>Specifies how lines are read and written.</summary>
/// <remarks>Readers and writers copy the options: a later change does not affect them.</remarks>
public sealed class LineOptions
{
    /// <summary>Gets or sets the maximum length of a line in bytes, without the newline but with the carriage return, if any; 1,048,576 by
    /// default. Readers and writers refuse a longer one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, or greater than 1 GiB.</exception>
    public int MaxLength
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1 << 30);
            field = value;
        }
    } = 1 << 20;

    /// <summary>Gets or sets the size of the buffer for reads and writes in bytes; 65,536 by default. Longer lines are possible.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 16, or greater than 1 GiB.</exception>
    public int BufferSize
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 16);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1 << 30);
            field = value;
        }
    } = 1 << 16;

    /// <summary>Gets or sets a value that indicates whether a <see cref="LineReader"/> removes a carriage return before the newline; true
    /// by default.</summary>
    public bool StripCarriageReturn { get; set; } = true;

    /// <summary>Gets or sets a value that indicates whether the stream is closed with the reader or writer; false by default.</summary>
    public bool OwnsStream { get; set; }
}
