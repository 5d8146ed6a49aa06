using Samehost.Framing;

namespace Samehost;

/// <summary>One message that a <see cref="FrameReader"/> has read, without its length prefix; or the end of the stream.</summary>
/// <remarks>
/// The bytes lie in the reader's buffer: they are valid until the reader is next asked to wait or to read, and the descriptors until
/// the next call of any kind. Copy what has to live longer, and take the descriptors that are wanted.
/// </remarks>
public readonly struct Frame
{
    private readonly byte[]? _buffer;
    private readonly int _start;
    private readonly FrameDescriptors? _beside;

    internal Frame(byte[] buffer, int start, int length, FrameDescriptors? beside)
    {
        _buffer = buffer;
        _start = start;
        Length = length;
        _beside = beside;
    }

    /// <summary>True when there is no message because the stream has ended between two of them. An empty message is not the end.</summary>
    public bool IsEnd => _buffer is null;

    /// <summary>How many bytes the message has.</summary>
    public int Length { get; }

    /// <summary>The message. Costs less than <see cref="Payload"/>.</summary>
    public ReadOnlySpan<byte> Span => new(_buffer, _start, Length);

    /// <summary>The message, for code that waits; no longer valid than <see cref="Span"/>.</summary>
    public ReadOnlyMemory<byte> Payload => new(_buffer, _start, Length);

    /// <summary>The descriptors that came with the message. The reader closes those that were not taken by its next call.</summary>
    public ReceivedDescriptors Descriptors => _beside?.Set ?? ReceivedDescriptors.None;

    /// <summary>Why descriptors that came with the message are not there.</summary>
    public DescriptorLoss DescriptorLoss => _beside?.Loss ?? DescriptorLoss.None;
}
