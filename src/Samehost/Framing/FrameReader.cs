using System.Runtime.CompilerServices;

namespace Samehost.Framing;

/// <summary>Reads length-prefixed messages (frames) from a stream.</summary>
/// <remarks>
/// <para>A frame has four bytes with the length of the message, little-endian unless <see cref="FrameOptions.BigEndian"/>, and then the
/// message. One read receives many frames, and reading them does not allocate.</para>
/// <para>Not thread-safe: one caller at a time. The reader reads ahead, so nothing else may read from the stream.</para>
/// <para>Cancel safe: a canceled call has lost nothing; the part of a frame that has arrived is kept for the next call.</para>
/// <para>A length above <see cref="FrameOptions.MaxLength"/> is an <see cref="InvalidDataException"/>, before any memory is allocated for
/// it. The position of the next frame is then unknown, so every later call fails as well.</para>
/// <para>With <see cref="FrameOptions.Descriptors"/>, each frame comes with the descriptors that it was sent with. As for
/// <see cref="UnixStream.Receive"/>, a set belongs to the frame that contains the last byte of the read it came with, which is exact if a
/// frame with descriptors is sent on its own, as <see cref="FrameWriter"/> does. If two sets belong to one frame, both are closed, and its
/// <see cref="Frame.DescriptorLoss"/> is <see cref="DescriptorLoss.TooMany"/>.</para>
/// </remarks>
/// <example><code>
/// await using var reader = new FrameReader(stream);
/// await foreach (var frame in reader.ReadAllAsync())
///     Handle(frame.Span);
/// </code></example>
public sealed class FrameReader : IDisposable, IAsyncDisposable
{
    private readonly InputBuffer _input;
    private readonly FrameDescriptorQueue? _sets;
    private readonly DescriptorOptions? _descriptors;
    private readonly uint _maxLength;
    private readonly bool _reversed;

    /// <summary>Initializes a reader.</summary>
    /// <param name="stream">The stream, which the caller closes unless <see cref="FrameOptions.OwnsStream"/>.</param>
    /// <param name="options">The format of the frames; if null, the defaults of <see cref="FrameOptions"/>.</param>
    /// <exception cref="ArgumentException">The stream is not readable, or descriptors are wanted and it does not accept any.</exception>
    public FrameReader(Stream stream, FrameOptions? options = null)
    {
        options ??= new();
        _maxLength = (uint)options.MaxLength;
        _reversed = options.BigEndian == BitConverter.IsLittleEndian;
        _descriptors = options.Descriptors?.Freeze();
        _input = new InputBuffer(stream, options.BufferSize, options.OwnsStream);
        if (_descriptors is null)
            return;
        if (!_input.AcceptsDescriptors)
        {
            throw new ArgumentException(
                "The stream does not accept descriptors; set AcceptDescriptors before the peer sends any.", nameof(stream));
        }

        _sets = new FrameDescriptorQueue();
    }

    /// <summary>Reads a frame that has arrived completely, without reading from the stream.</summary>
    /// <returns>False if there is none; <see cref="WaitToReadAsync"/> waits for one.</returns>
    /// <exception cref="InvalidDataException">The next frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // the frame is then in registers
    public bool TryRead(out Frame frame)
    {
        _sets?.CloseTaken();
        var input = _input;
        var start = input.Start;
        var available = input.End - start;
        if (available >= FramePrefix.Size)
        {
            var length = FramePrefix.Read(input.Bytes.AsSpan(start), _reversed);
            if (length <= (uint)(available - FramePrefix.Size) && length <= _maxLength)
            {
                start += FramePrefix.Size;
                input.Start = start + (int)length;
                frame = new Frame(input.Bytes, start, (int)length, _sets?.Take(input.Position));
                return true;
            }

            Check(length);
        }

        frame = default;
        return false;
    }

    /// <summary>Waits until <see cref="TryRead"/> can read a frame.</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">The next frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        _sets?.CloseTaken();
        return HasFrame(out var wanted) ? new ValueTask<bool>(true) : FillAsync(wanted, cancellationToken);
    }

    /// <summary>Reads the next frame, or the end of the stream (<see cref="Frame.IsEnd"/>).</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <exception cref="InvalidDataException">The next frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<Frame> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out var frame) ? new ValueTask<Frame>(frame) : ReadSlowAsync(cancellationToken);

    /// <summary>Reads all frames until the stream ends.</summary>
    /// <remarks>
    /// <para>A frame is valid until the next one is requested.</para>
    /// <para>Cancel safe.</para>
    /// </remarks>
    /// <exception cref="InvalidDataException">A frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public async IAsyncEnumerable<Frame> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (TryRead(out var frame))
                yield return frame;
        }
    }

    /// <summary>Waits until <see cref="TryRead"/> can read a frame, blocking the thread; see <see cref="WaitToReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public bool WaitToRead()
    {
        _sets?.CloseTaken();
        while (!HasFrame(out var wanted))
        {
            if (!Fill(wanted))
                return false;
        }

        return true;
    }

    /// <summary>Reads the next frame, blocking the thread until it has arrived; see <see cref="ReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public Frame Read() => TryRead(out var frame) || (WaitToRead() && TryRead(out frame)) ? frame : default;

    /// <summary>Closes the descriptors that were not taken, and the stream if <see cref="FrameOptions.OwnsStream"/>.</summary>
    public void Dispose()
    {
        _sets?.Dispose();
        _input.Close();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        _sets?.Dispose();
        return _input.CloseAsync();
    }

    private bool HasFrame(out int wanted)
    {
        wanted = FramePrefix.Size;
        if (_input.Available < wanted)
            return false;
        var length = FramePrefix.Read(_input.Bytes.AsSpan(_input.Start), _reversed);
        Check(length);
        wanted += (int)length;
        return _input.Available >= wanted;
    }

    private void Check(uint length)
    {
        if (length > _maxLength)
            throw new InvalidDataException($"A frame of {length} bytes was announced; the longest allowed is {_maxLength}.");
    }

    private bool Fill(int wanted)
    {
        var more = _sets is null
            ? _input.Fill(wanted)
            : AddReceived(_input.Receive(wanted, _descriptors!));
        return more || EndsBetweenFrames();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        do
        {
            var more = _sets is null
                ? await _input.FillAsync(wanted, cancellationToken).ConfigureAwait(false)
                : AddReceived(await _input.ReceiveAsync(wanted, _descriptors!, cancellationToken).ConfigureAwait(false));
            if (!more)
                return EndsBetweenFrames();
        }
        while (!HasFrame(out wanted));
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Frame> ReadSlowAsync(CancellationToken cancellationToken) =>
        await WaitToReadAsync(cancellationToken).ConfigureAwait(false) && TryRead(out var frame) ? frame : default;

    private bool AddReceived(in UnixMessage message)
    {
        if (!_input.Added(message.Count))
            return false;
        var isKnown = _input.Available >= FramePrefix.Size;
        var frameEnd = isKnown
            ? _input.Position + FramePrefix.Size + FramePrefix.Read(_input.Bytes.AsSpan(_input.Start), _reversed)
            : long.MaxValue;
        _sets!.Add(message, _input.EndPosition - 1, frameEnd);
        return true;
    }

    private bool EndsBetweenFrames() => _input.Available == 0
        ? false
        : throw new EndOfStreamException($"The stream ended inside a frame, after {_input.Available} of its bytes, prefix included.");
}
