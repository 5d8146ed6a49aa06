using System.Buffers;
using System.Runtime.CompilerServices;

namespace Samehost.Framing;

/// <summary>Buffers the bytes that were read from a stream and not yet consumed.</summary>
/// <remarks>The memory depends on what has arrived, not on what a peer announces: a full buffer at most doubles, and the array of a long
/// message goes back to the pool when the message has been consumed.</remarks>
internal sealed class InputBuffer
{
    private readonly Stream _stream;
    private readonly UnixStream? _unixStream;
    private readonly bool _ownsStream;
    private readonly int _size;
    private byte[] _own = [];
    private long _consumedBefore; // bytes of the stream that lay before Bytes[0]

    public byte[] Bytes = [];
    public int Start;
    public int End;

    /// <param name="stream">A readable stream.</param>
    /// <param name="size">The size of the buffer, except for messages that are longer.</param>
    /// <param name="ownsStream">Whether <see cref="Close"/> closes the stream.</param>
    /// <exception cref="ArgumentException">The stream is not readable.</exception>
    public InputBuffer(Stream stream, int size, bool ownsStream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _unixStream = stream as UnixStream;
        if (_unixStream is null && !stream.CanRead)
            throw new ArgumentException("The stream is not readable.", nameof(stream));
        _stream = stream;
        _size = size;
        _ownsStream = ownsStream;
    }

    public bool HasEnded { get; private set; }

    /// <summary>True if the stream receives descriptors.</summary>
    public bool AcceptsDescriptors => _unixStream?.AcceptDescriptors ?? false;

    public int Available => End - Start;

    /// <summary>The position in the stream of <see cref="Start"/>.</summary>
    public long Position => _consumedBefore + Start;

    /// <summary>The position in the stream of <see cref="End"/>.</summary>
    public long EndPosition => _consumedBefore + End;

    /// <summary>Reads once, blocking the thread; false at the end of the stream.</summary>
    /// <param name="wanted">The length of the message at <see cref="Start"/>, or 0 if it is not known.</param>
    public bool Fill(int wanted) => Added(_stream.Read(GetSpace(wanted).Span));

    /// <summary>Reads once; false at the end of the stream. A canceled call has consumed nothing.</summary>
    public ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        var read = _stream.ReadAsync(GetSpace(wanted), cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<bool>(Added(read.Result)) : AwaitAsync(read);
    }

    /// <summary>Receives once with descriptors, blocking the thread; fails as a read does.</summary>
    public UnixMessage Receive(int wanted, DescriptorOptions descriptors)
    {
        try
        {
            return _unixStream!.Receive(GetSpace(wanted).Span, descriptors);
        }
        catch (UnixSocketException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Receives once with descriptors; fails as a read does. A canceled call has consumed nothing.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UnixMessage> ReceiveAsync(int wanted, DescriptorOptions descriptors, CancellationToken cancellationToken)
    {
        try
        {
            return await _unixStream!.ReceiveAsync(GetSpace(wanted), descriptors, cancellationToken).ConfigureAwait(false);
        }
        catch (UnixSocketException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Adds the bytes that were written to the space; none means the end of the stream.</summary>
    public bool Added(int count)
    {
        End += count;
        HasEnded = count == 0;
        return count > 0;
    }

    /// <summary>Closes the stream if this object owns it.</summary>
    public void Close()
    {
        if (_ownsStream)
            _stream.Dispose();
    }

    /// <summary>Closes the stream if this object owns it.</summary>
    public ValueTask CloseAsync() => _ownsStream ? _stream.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>Moves the bytes to the front, and returns the space behind them. Memory that was returned before is no longer
    /// valid.</summary>
    private Memory<byte> GetSpace(int wanted)
    {
        var available = Available;
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
        var most = Math.Min(2L * Bytes.Length, Array.MaxLength);
        var size = wanted == 0 ? most : Math.Clamp(wanted, Bytes.Length + 1L, most);
        return ArrayPool<byte>.Shared.Rent((int)size);
    }

    // Rented arrays go back only here, where no read is in progress that could still write into one.
    private void Move(byte[] to)
    {
        var from = Bytes;
        from.AsSpan(Start, Available).CopyTo(to);
        Bytes = to;
        if (from != _own && from.Length > 0)
            ArrayPool<byte>.Shared.Return(from);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<int> read) => Added(await read.ConfigureAwait(false));
}
