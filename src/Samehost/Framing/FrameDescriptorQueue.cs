namespace Samehost.Framing;

/// <summary>
/// Finds the frame that each set of descriptors belongs to. A read ends with the bytes that its set came with (unix(7) keeps sets
/// apart), so the set belongs to the frame that holds the read's last byte.
/// </summary>
/// <remarks>
/// There are never more than two sets: a read is made only while the first frame is incomplete, and a further set either
/// belongs to that frame too, which spoils both, or to a later one.
/// </remarks>
internal sealed class FrameDescriptorQueue : IDisposable
{
    private FrameDescriptors? _first;
    private FrameDescriptors? _second;
    private FrameDescriptors? _given;
    private long _firstAt;
    private long _secondAt;

    /// <summary>Takes what a read brought.</summary>
    /// <param name="message">What came; its descriptors are this object's from now on.</param>
    /// <param name="lastByte">The position of the read's last byte in the stream.</param>
    /// <param name="frameEnd">Where the first frame ends in the stream; <see cref="long.MaxValue"/> while its prefix is incomplete.</param>
    public void Add(in UnixMessage message, long lastByte, long frameEnd)
    {
        if (message.Descriptors.Count == 0 && message.DescriptorLoss == DescriptorLoss.None)
            return;
        if (_first is not null && lastByte < frameEnd)
        {
            message.Descriptors.Dispose();
            _first.Spoil();
            return;
        }

        var set = new FrameDescriptors(message.Descriptors, message.DescriptorLoss);
        if (_first is null)
            (_first, _firstAt) = (set, lastByte);
        else
            (_second, _secondAt) = (set, lastByte);
    }

    /// <summary>What belongs to the frame that ends here; it is closed at the next call of <see cref="CloseGiven"/>.</summary>
    public FrameDescriptors? Take(long frameEnd)
    {
        if (_first is null || _firstAt >= frameEnd)
            return null;
        _given = _first;
        (_first, _firstAt, _second) = (_second, _secondAt, null);
        return _given;
    }

    public void CloseGiven()
    {
        _given?.Set.Dispose();
        _given = null;
    }

    public void Dispose()
    {
        CloseGiven();
        _first?.Set.Dispose();
        _second?.Set.Dispose();
        (_first, _second) = (null, null);
    }
}
