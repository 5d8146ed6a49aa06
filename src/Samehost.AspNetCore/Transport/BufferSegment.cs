using System.Buffers;

namespace Samehost.AspNetCore.Transport;

/// <summary>A buffer that can be linked into a <see cref="ReadOnlySequence{T}"/> and returns to its pool after use.</summary>
internal sealed class BufferSegment(int capacity, BufferSegmentPool? pool) : ReadOnlySequenceSegment<byte>
{
    private readonly byte[] _array = GC.AllocateUninitializedArray<byte>(capacity, pinned: pool is not null);

    /// <summary>The number of bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The number of bytes that can still be written.</summary>
    public int WritableBytes => _array.Length - Length;

    public Memory<byte> AvailableMemory => _array.AsMemory(Length);

    public Span<byte> AvailableSpan => _array.AsSpan(Length);

    public BufferSegment? NextSegment
    {
        get => (BufferSegment?)Next;
        set => Next = value;
    }

    public void Advance(int count)
    {
        Length += count;
        Memory = _array.AsMemory(0, Length);
    }

    /// <summary>Links a segment behind this one; nothing more is written to this one.</summary>
    public void SetNext(BufferSegment segment)
    {
        segment.RunningIndex = RunningIndex + Length;
        Next = segment;
    }

    /// <summary>Sets the position of the first byte, counted from the first byte of the connection.</summary>
    public void SetRunningIndex(long index) => RunningIndex = index;

    /// <summary>Returns the segments of a list up to another one, which becomes the first, or all of them.</summary>
    public static void ReturnAll(ref BufferSegment? first, BufferSegment? end = null)
    {
        while (first != end)
        {
            var segment = first!;
            first = segment.NextSegment; // read before the segment can be rented again
            segment.Return();
        }
    }

    /// <summary>Clears the segment and returns it to its pool.</summary>
    public void Return()
    {
        Next = null;
        Length = 0;
        Memory = default;
        pool?.Return(this);
    }
}

/// <summary>A list of segments that are being written or sent.</summary>
internal struct BufferSegmentList
{
    private BufferSegment? _first;
    private BufferSegment? _last;

    /// <summary>The number of bytes written.</summary>
    public long Length { get; private set; }

    public readonly bool IsEmpty => Length == 0;

    /// <summary>The only segment, or <see langword="null"/> if there are several.</summary>
    public readonly BufferSegment? SingleSegment => ReferenceEquals(_first, _last) ? _first : null;

    /// <summary>Returns the last segment if it has this much free space, at least one byte, or else a new segment.</summary>
    public BufferSegment GetWritableSegment(int sizeHint)
    {
        if (_last is { } last && last.WritableBytes >= Math.Max(sizeHint, 1))
            return last;
        // A writer that has filled one segment is likely to fill more.
        var segment = BufferSegmentPool.Rent(Math.Max(sizeHint, IsEmpty ? 1 : BufferSegmentPool.Large.SegmentSize));
        if (IsEmpty)
            Return(); // a segment that was requested and not written to
        if (_last is null)
            _first = segment;
        else
            _last.SetNext(segment);
        return _last = segment;
    }

    public void Advance(int count)
    {
        if (_last is not { } last || (uint)count > (uint)last.WritableBytes)
            throw new ArgumentOutOfRangeException(nameof(count), count, "The count is larger than the buffer.");
        last.Advance(count);
        Length += count;
    }

    /// <summary>Moves all segments of another list to the end of this one.</summary>
    public void Append(ref BufferSegmentList other)
    {
        if (_last is null)
            _first = other._first;
        else if (other._first is not null)
            _last.SetNext(other._first);
        _last = other._last ?? _last;
        Length += other.Length;
        other = default;
    }

    public readonly void CopyTo(List<ReadOnlyMemory<byte>> buffers)
    {
        for (var segment = _first; segment is not null; segment = segment.NextSegment)
        {
            if (segment.Length > 0)
                buffers.Add(segment.Memory);
        }
    }

    /// <summary>Returns all segments to their pools.</summary>
    public void Return()
    {
        BufferSegment.ReturnAll(ref _first);
        this = default;
    }
}

/// <summary>A pool of segments of one size.</summary>
/// <remarks>It is last in, first out, so that a rented segment is likely to be in the processor's cache. Each thread keeps a few small
/// segments: a request is read, parsed and answered with the same one, and so is the next.</remarks>
internal sealed class BufferSegmentPool(int segmentSize, int maxRetained)
{
    /// <summary>Segments for requests and answers of the usual size.</summary>
    public static readonly BufferSegmentPool Small = new(SmallSize, 4096);

    /// <summary>Segments for bodies.</summary>
    public static readonly BufferSegmentPool Large = new(64 * 1024, 64);

    private const int SmallSize = 4096;
    private const int MaxCachedPerThread = 16;

    [ThreadStatic]
    private static BufferSegment? _cached;

    [ThreadStatic]
    private static int _cachedCount;

    private readonly Lock _lock = new();
    private readonly Stack<BufferSegment> _segments = new();

    public int SegmentSize => segmentSize;

    /// <summary>Rents a segment of at least this size; one larger than those of the pools is allocated.</summary>
    public static BufferSegment Rent(int minimumSize) =>
        minimumSize <= Small.SegmentSize ? Small.Rent()
        : minimumSize <= Large.SegmentSize ? Large.Rent()
        : new BufferSegment(minimumSize, null);

    public BufferSegment Rent()
    {
        if (segmentSize == SmallSize && _cached is { } cached)
        {
            _cached = cached.NextSegment;
            _cachedCount--;
            cached.NextSegment = null;
            return cached;
        }

        lock (_lock)
        {
            if (_segments.TryPop(out var segment))
                return segment;
        }

        return new BufferSegment(segmentSize, this);
    }

    public void Return(BufferSegment segment)
    {
        if (segmentSize == SmallSize && _cachedCount < MaxCachedPerThread)
        {
            segment.NextSegment = _cached;
            _cached = segment;
            _cachedCount++;
            return;
        }

        lock (_lock)
        {
            if (_segments.Count < maxRetained)
                _segments.Push(segment);
        }
    }
}
