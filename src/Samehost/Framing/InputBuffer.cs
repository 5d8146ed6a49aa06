using System.Buffers;
using System.Runtime.CompilerServices;

namespace Samehost.Framing;

/// <summary>
/// Bytes read from a stream and not yet consumed. Memory follows what has arrived, not what a peer announces: the buffer
/// at most doubles when it is full, and is given back when the long message is done with.
/// </summary>
internal sealed class InputBuffer(UnixStream stream, int size)
{
    private readonly int _size = size;
    private byte[] _own = [];
    private long _consumedBefore; // bytes of the stream that lay before Bytes[0]

    public byte[] Bytes = [];
    public int Start;
    public int End;

    public bool HasEnded { get; private set; }

    public UnixStream Stream { get; } = stream;

    public int Available => End - Start;

    /// <summary>Where the stream is at <see cref="Start"/>, and at <see cref="End"/>.</summary>
    public long Position => _consumedBefore + Start;

    public long EndPosition => _consumedBefore + End;

    /// <summary>Reads once, blocking the thread; false at the end of the stream.</summary>
    /// <param name="wanted">How many bytes the message at <see cref="Start"/> will have, as far as that is known; 0 when it is not.</param>
    public bool Fill(int wanted) => Added(Stream.Read(MakeRoom(wanted).Span));

    /// <summary>Reads once; false at the end of the stream. A cancelled call has taken nothing.</summary>
    public ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        var read = Stream.ReadAsync(MakeRoom(wanted), cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<bool>(Added(read.Result)) : Await(read);
    }

    /// <summary>Notes that so many bytes were put into the room; none means the end of the stream.</summary>
    public bool Added(int count)
    {
        End += count;
        HasEnded = count == 0;
        return count > 0;
    }

    /// <summary>Room behind what is there, after moving that to the front. What was handed out before is no longer valid.</summary>
    public Memory<byte> MakeRoom(int wanted)
    {
        int available = Available;
        _consumedBefore += Start;
        if (available == Bytes.Length)
            Move(Grown(wanted));
        else if (Bytes != _own && Math.Max(wanted, available + 1) <= _size)
            Move(_own);
        else if (Start > 0)
            Bytes.AsSpan(Start, available).CopyTo(Bytes);
        Start = 0;
        End = available;
        return Bytes.AsMemory(End);
    }

    private byte[] Grown(int wanted)
    {
        if (Bytes.Length == 0)
            return _own = GC.AllocateUninitializedArray<byte>(_size);
        long most = Math.Min(2L * Bytes.Length, Array.MaxLength);
        long size = wanted == 0 ? most : Math.Clamp(wanted, Bytes.Length + 1L, most);
        return ArrayPool<byte>.Shared.Rent((int)size);
    }

    // Borrowed arrays go back only here, where no read is under way that could still write into one.
    private void Move(byte[] to)
    {
        byte[] from = Bytes;
        from.AsSpan(Start, Available).CopyTo(to);
        Bytes = to;
        if (from != _own && from.Length > 0)
            ArrayPool<byte>.Shared.Return(from);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> Await(ValueTask<int> read) => Added(await read.ConfigureAwait(false));
}
