namespace Samehost;

/// <summary>How messages are framed; both ends have to agree on <see cref="BigEndian"/>, and should on <see cref="MaxLength"/>.</summary>
public sealed record FrameOptions
{
    /// <summary>A four-byte little-endian length prefix and messages of up to 1 MiB.</summary>
    public static FrameOptions Default { get; } = new();

    /// <summary>The longest message, in bytes, without the prefix; 1,048,576 by default. A longer one is refused at both ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than 2,147,483,000.</exception>
    public int MaxLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 2_147_483_000);
            field = value;
        }
    } = 1 << 20;

    /// <summary>Whether the length prefix has its most significant byte first; false by default.</summary>
    public bool BigEndian { get; init; }

    /// <summary>How many bytes are read, or gathered for a write, at once; 65,536 by default. Longer messages are possible.</summary>
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

    /// <summary>Which descriptors a <see cref="FrameReader"/> takes; null, the default, takes none. The stream has to accept them
    /// (<see cref="UnixStream.AcceptDescriptors"/>).</summary>
    public DescriptorOptions? Descriptors { get; init; }

    /// <summary>Whether disposing of the reader or writer closes the stream; false by default.</summary>
    public bool OwnsStream { get; init; }
}
