using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>
/// Contains datagrams that are received or sent with one call (recvmmsg(2), sendmmsg(2)). It is reused without allocations, and not for
/// several calls at once.
/// </summary>
/// <example><code>
/// var batch = new UnixDatagramBatch(capacity: 64, maxLength: 2048);
/// while (true)
/// {
///     await socket.ReceiveBatchAsync(batch);
///     for (int i = 0; i &lt; batch.Count; i++)
///         Handle(batch[i].Span);
/// }
/// </code></example>
public sealed class UnixDatagramBatch
{
    private readonly LibcBatch _batch;
    private readonly int[] _slots; // which slot each datagram is in: those of refused senders are passed over
    private readonly int[] _lengths;
    private bool _received;
    private readonly EndPointCache _senders = new();

    /// <summary>Creates a batch with room for <paramref name="capacity"/> times <paramref name="maxLength"/> bytes and about 200 more
    /// each.</summary>
    /// <param name="capacity">The number of datagrams, 1 to 1,024 (the kernel takes no more at once).</param>
    /// <param name="maxLength">The maximum length of each, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside those bounds.</exception>
    public UnixDatagramBatch(int capacity, int maxLength = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, LibcTransfer.MaxVectors);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, int.MaxValue / capacity);
        MaxLength = maxLength;
        _batch = new LibcBatch(capacity, maxLength);
        _slots = new int[capacity];
        _lengths = new int[capacity];
    }

    /// <summary>Gets the number of datagrams that it has room for.</summary>
    public int Capacity => _batch.Capacity;

    /// <summary>Gets the maximum length of each, in bytes.</summary>
    public int MaxLength { get; }

    /// <summary>Gets the number of datagrams that it contains.</summary>
    public int Count { get; private set; }

    /// <summary>Gets a datagram, which is valid until the batch is used again.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative, or not less than <see cref="Count"/>.</exception>
    public UnixBatchedDatagram this[int index] => new(this, Slot(index));

    /// <summary>Adds a datagram to send; false when the batch is full.</summary>
    /// <exception cref="ArgumentException">It is longer than <see cref="MaxLength"/>.</exception>
    public bool TryAdd(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > MaxLength)
        {
            throw new ArgumentException($"The datagram has {datagram.Length} bytes; this batch has room for {MaxLength} each.",
                nameof(datagram));
        }
        if (_received)
            Clear();
        if (Count == Capacity)
            return false;
        datagram.CopyTo(_batch.Bytes.AsSpan(Count * MaxLength));
        _batch.SetLength(Count, datagram.Length);
        _lengths[Count] = datagram.Length;
        _slots[Count] = Count++;
        return true;
    }

    /// <summary>Removes all datagrams.</summary>
    public void Clear()
    {
        Count = 0;
        _received = false;
    }

    internal ReadOnlyMemory<byte> MemoryAt(int slot) => _batch.Bytes.AsMemory(slot * MaxLength, Math.Min(LengthAt(slot), MaxLength));

    internal int LengthAt(int slot) => _received ? _batch.Length(slot) : _lengths[slot];

    internal UnixEndPoint SenderAt(int slot) => _received ? _senders.Find(_batch.Name(slot)) : UnixEndPoint.Unnamed;

    /// <summary>The last receive found fewer datagrams than there was room for, and so none behind them.</summary>
    internal bool HasEmptiedQueue { get; private set; }

    /// <summary>Fills itself once; 0 or <c>-errno</c>. Datagrams of senders whom the policy does not allow are passed over.</summary>
    internal int Receive(Descriptor socket, PeerPolicy? policy)
    {
        if (policy is not null)
            _batch.WantControl(ControlReceiver.SizeForCredentials);
        while (true)
        {
            Count = 0;
            _received = true;
            var count = _batch.Receive(socket, control: policy is not null);
            if (count < 0)
                return count;
            HasEmptiedQueue = count < Capacity;
            for (var i = 0; i < count; i++)
            {
                if (policy is null || IsAdmitted(i, policy))
                    _slots[Count++] = i;
            }

            if (Count > 0)
                return 0;
        }
    }

    /// <summary>Makes datagrams that were received ready to be sent on: just their bytes, without their senders' names.</summary>
    internal void PrepareToSend()
    {
        if (!_received)
            return;
        for (var i = 0; i < Count; i++)
        {
            var datagram = this[i].Span;
            datagram.CopyTo(_batch.Bytes.AsSpan(i * MaxLength)); // its slot is this one or a later one
            _lengths[i] = datagram.Length;
        }

        for (var i = 0; i < Count; i++)
        {
            _batch.SetLength(i, _lengths[i]);
            _slots[i] = i;
        }

        _received = false;
    }

    /// <summary>Sends once from a datagram on; how many went, or <c>-errno</c>.</summary>
    internal int Send(Descriptor socket, int first) => _batch.Send(socket, first, Count - first);

    private bool IsAdmitted(int slot, PeerPolicy policy)
    {
        var beside = ControlReceiver.Read(_batch.Control(slot), _batch.Flags(slot), null);
        return beside.Sender is { } sender && policy.AllowsSender(sender);
    }

    private int Slot(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _slots[index];
    }
}

/// <summary>Represents a datagram in a <see cref="UnixDatagramBatch"/>.</summary>
public readonly struct UnixBatchedDatagram
{
    private readonly UnixDatagramBatch _batch;
    private readonly int _slot;

    internal UnixBatchedDatagram(UnixDatagramBatch batch, int slot)
    {
        _batch = batch;
        _slot = slot;
    }

    /// <summary>Gets the bytes.</summary>
    public ReadOnlyMemory<byte> Memory => _batch.MemoryAt(_slot);

    /// <summary>Gets the bytes.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>Gets the number of bytes that the datagram had; more than <see cref="Memory"/> has where it was truncated.</summary>
    public int Length => _batch.LengthAt(_slot);

    /// <summary>Gets a value that indicates whether the datagram was longer than <see cref="UnixDatagramBatch.MaxLength"/>, and its end was
    /// lost.</summary>
    public bool IsTruncated => Length > _batch.MaxLength;

    /// <summary>Gets the address of the sender of a received datagram, which the sender chooses; otherwise
    /// <see cref="UnixEndPoint.Unnamed"/>.</summary>
    public UnixEndPoint Sender => _batch.SenderAt(_slot);
}
