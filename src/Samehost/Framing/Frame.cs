using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Framing;

/// <summary>Represents one message that a <see cref="FrameReader"/> has read, without its length prefix; or the end of the
/// stream.</summary>
/// <remarks>The bytes are in the reader's buffer: they are valid until the next call that waits or reads, and the descriptors until the
/// next call of any kind. Copy what has to live longer, and take the descriptors that are wanted.</remarks>
public readonly struct Frame
{
    private readonly byte[]? _buffer;
    private readonly int _start;
    private readonly FrameDescriptors? _descriptors;

    internal Frame(byte[] buffer, int start, int length, FrameDescriptors? descriptors)
    {
        _buffer = buffer;
        _start = start;
        Length = length;
        _descriptors = descriptors;
    }

    /// <summary>Gets a value that indicates whether the stream has ended; an empty message is not the end.</summary>
    public bool IsEnd => _buffer is null;

    /// <summary>Gets the number of bytes in the message.</summary>
    public int Length { get; }

    /// <summary>Gets the message. It is faster than <see cref="Memory"/>.</summary>
    public ReadOnlySpan<byte> Span => new(_buffer, _start, Length);

    /// <summary>Gets the message, for asynchronous code; it is valid as long as <see cref="Span"/>.</summary>
    public ReadOnlyMemory<byte> Memory => new(_buffer, _start, Length);

    /// <summary>Gets the descriptors that came with the message. The reader's next call closes those that were not taken.</summary>
    public ReceivedDescriptors Descriptors => _descriptors?.Set ?? ReceivedDescriptors.None;

    /// <summary>Gets the reason why the descriptors of the message were closed.</summary>
    public DescriptorLoss DescriptorLoss => _descriptors?.Loss ?? DescriptorLoss.None;
}

/// <summary>Specifies how messages are framed. Both ends have to agree on <see cref="BigEndian"/>, and should on
/// <see cref="MaxLength"/>.</summary>
/// <remarks>Readers and writers copy the options: a later change does not affect them.</remarks>
public sealed class FrameOptions
{
    /// <summary>Gets or sets the maximum length of a message in bytes, without the prefix; 1,048,576 by default. Readers and writers
    /// refuse a longer one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, or greater than 2,147,483,000.</exception>
    public int MaxLength
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 2_147_483_000);
            field = value;
        }
    } = 1 << 20;

    /// <summary>Gets or sets a value that indicates whether the most significant byte of the length prefix comes first; false by
    /// default.</summary>
    public bool BigEndian { get; set; }

    /// <summary>Gets or sets the size of the buffer for reads and writes in bytes; 65,536 by default. Longer messages are
    /// possible.</summary>
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

    /// <summary>Gets or sets the descriptors that a <see cref="FrameReader"/> takes; none if null, which is the default.</summary>
    /// <remarks>The stream has to be a <see cref="UnixStream"/> that accepts them (<see cref="UnixStream.AcceptDescriptors"/>).</remarks>
    public DescriptorOptions? Descriptors { get; set; }

    /// <summary>Gets or sets a value that indicates whether the stream is closed with the reader or writer; false by default.</summary>
    public bool OwnsStream { get; set; }
}

/// <summary>The length prefix of a frame: four bytes, unsigned.</summary>
internal static class FramePrefix
{
    public const int Size = sizeof(uint);

    /// <param name="from">At least four bytes.</param>
    /// <param name="reversed">Whether the byte order is not this machine's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(ReadOnlySpan<byte> from, bool reversed)
    {
        var length = MemoryMarshal.Read<uint>(from);
        return reversed ? BinaryPrimitives.ReverseEndianness(length) : length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> to, int length, bool reversed)
    {
        var prefix = reversed ? BinaryPrimitives.ReverseEndianness((uint)length) : (uint)length;
        MemoryMarshal.Write(to, in prefix);
    }
}
