namespace Samehost;

/// <summary>How lines are read and written.</summary>
public sealed record LineOptions
{
    /// <summary>Lines of up to 1 MiB that end with a newline, or with a carriage return and a newline.</summary>
    public static LineOptions Default { get; } = new();

    /// <summary>The longest line, in bytes, up to the newline and with the carriage return, if any; 1,048,576 by default. A longer one is
    /// refused at both ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than 1 GiB.</exception>
    public int MaxLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1 << 30);
            field = value;
        }
    } = 1 << 20;

    /// <summary>How many bytes are read, or gathered for a write, at once; 65,536 by default. Longer lines are possible.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 16, or more than 1 GiB.</exception>
    public int BufferSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 16);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1 << 30);
            field = value;
        }
    } = 1 << 16;

    /// <summary>Whether a <see cref="LineReader"/> takes a carriage return before the newline for part of the line's end; true by
    /// default. When false it is the last byte of the line.</summary>
    public bool StripCarriageReturn { get; init; } = true;

    /// <summary>Whether disposing of the reader or writer closes the stream; false by default.</summary>
    public bool OwnsStream { get; init; }
}
