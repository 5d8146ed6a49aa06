namespace Samehost.Framing;

/// <summary>Assigns each set of descriptors to a frame.</summary>
/// <remarks>
/// A read ends with the bytes that its set came with (unix(7) keeps sets apart), so the set belongs to the frame that contains the read's
/// last byte. There are never more than two sets: a read happens only while the first frame is incomplete, and another set belongs either
/// to that frame too, so that both are discarded, or to a later one.
/// </remarks>
internal sealed class FrameDescriptorQueue : IDisposable
{
    private FrameDescriptors? _first;
    private FrameDescriptors? _second;
    private FrameDescriptors? _taken;
    private long _firstAt;
    private long _secondAt;

    /// <summary>Adds the descriptors of a read.</summary>
    /// <param name="message">The result of the read; this object owns its descriptors from now on.</param>
    /// <param name="lastByte">The position of the read's last byte in the stream.</param>
    /// <param name="frameEnd">Where the first frame ends in the stream; <see cref="long.MaxValue"/> while its prefix is
    /// incomplete.</param>
    public void Add(in UnixMessage message, long lastByte, long frameEnd)
    {
        if (message.Descriptors.Count == 0 && message.DescriptorLoss == DescriptorLoss.None)
            return;
        if (_first is not null && lastByte < frameEnd)
        {
            message.Descriptors.Dispose();
            _first.Discard();
            return;
        }

        var set = new FrameDescriptors(message.Descriptors, message.DescriptorLoss);
        if (_first is null)
            (_first, _firstAt) = (set, lastByte);
        else
            (_second, _secondAt) = (set, lastByte);
    }

    /// <summary>Returns the set of the frame that ends here; <see cref="CloseTaken"/> closes it.</summary>
    public FrameDescriptors? Take(long frameEnd)
    {
        if (_first is null || _firstAt >= frameEnd)
            return null;
        _taken = _first;
        (_first, _firstAt, _second) = (_second, _secondAt, null);
        return _taken;
    }

    public void CloseTaken()
    {
        _taken?.Set.Dispose();
        _taken = null;
    }

    public void Dispose()
    {
        CloseTaken();
        _first?.Set.Dispose();
        _second?.Set.Dispose();
        (_first, _second) = (null, null);
    }
}

/// <summary>The descriptors that came with one frame, or the reason why they were closed.</summary>
internal sealed class FrameDescriptors(ReceivedDescriptors set, DescriptorLoss loss)
{
    public ReceivedDescriptors Set { get; private set; } = set;

    public DescriptorLoss Loss { get; private set; } = loss;

    /// <summary>Closes the descriptors, because a second set came for the same frame, which no <see cref="FrameWriter"/> sends.</summary>
    public void Discard()
    {
        Set.Dispose();
        Set = ReceivedDescriptors.None;
        Loss = DescriptorLoss.TooMany;
    }
}
