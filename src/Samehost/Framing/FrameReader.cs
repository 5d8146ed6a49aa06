using System.Runtime.CompilerServices;
using Samehost.Framing;

namespace Samehost;

/// <summary>
/// Reads length-prefixed messages (frames) from a <see cref="UnixStream"/>: four bytes that say how many follow, little-endian unless
/// <see cref="FrameOptions.BigEndian"/>, then the message. Many frames come with one read, and none costs an allocation.
/// </summary>
/// <remarks>
/// <para>Not thread-safe: one caller at a time. It reads ahead, so nobody else may read from the stream.</para>
/// <para>Cancel safe: a cancelled call has lost nothing; what had arrived of a frame is kept for the next call.</para>
/// <para>A length above <see cref="FrameOptions.MaxLength"/> is an <see cref="InvalidDataException"/>, before any memory is
/// taken for it; where the next frame begins is then unknown, and every later call fails likewise.</para>
/// <para>With <see cref="FrameOptions.Descriptors"/> set, each frame comes with the descriptors that it was sent with. The rule is that of
/// <see cref="UnixStream.Receive"/>: a set belongs to the frame that holds the last byte of the read it came with, which is exact when
/// a frame with descriptors has sends of its own, as <see cref="FrameWriter"/> sees to. A frame that two sets fall to
/// loses both: they are closed, and its <see cref="Frame.DescriptorLoss"/> is <see cref="DescriptorLoss.TooMany"/>.</para>
/// </remarks>
/// <example><code>
/// using var reader = new FrameReader(stream);
/// while (await reader.WaitToReadAsync())
///     while (reader.TryRead(out Frame frame))
///         Handle(frame.Span);
/// </code></example>
public sealed class FrameReader : IDisposable, IAsyncDisposable
{
    private readonly InputBuffer _input;
    private readonly FrameDescriptorQueue? _sets;
    private readonly FrameOptions _options;
    private readonly uint _maxLength;
    private readonly bool _reversed;

    /// <summary>Reads frames from a stream.</summary>
    /// <param name="stream">The stream; it stays the caller's to close, unless <see cref="FrameOptions.OwnsStream"/>.</param>
    /// <param name="options"><see cref="FrameOptions.Default"/> when null.</param>
    /// <exception cref="ArgumentException">Descriptors are wanted and the stream does not accept any.</exception>
    public FrameReader(UnixStream stream, FrameOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _options = options ?? FrameOptions.Default;
        _maxLength = (uint)_options.MaxLength;
        _reversed = _options.BigEndian == BitConverter.IsLittleEndian;
        _input = new InputBuffer(stream, _options.BufferSize);
        if (_options.Descriptors is null)
            return;
        if (!stream.AcceptDescriptors)
            throw new ArgumentException("The stream does not accept descriptors; set AcceptDescriptors before the peer sends any.");
        _sets = new FrameDescriptorQueue();
    }

    /// <summary>Takes a frame that has arrived as a whole; never waits and never reads from the stream.</summary>
    /// <returns>False when there is none: <see cref="WaitToReadAsync"/> reads on.</returns>
    /// <exception cref="InvalidDataException">The next frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    public bool TryRead(out Frame frame)
    {
        _sets?.CloseGiven();
        var input = _input;
        int start = input.Start;
        int available = input.End - start;
        if (available >= FramePrefix.Size)
        {
            uint length = FramePrefix.Read(input.Bytes.AsSpan(start), _reversed);
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

    /// <summary>Waits until a frame is there for <see cref="TryRead"/>.</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">The next frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        _sets?.CloseGiven();
        return HasFrame(out int wanted) ? new ValueTask<bool>(true) : FillAsync(wanted, cancellationToken);
    }

    /// <summary>The next frame, or the end of the stream (<see cref="Frame.IsEnd"/>).</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <exception cref="InvalidDataException">The next frame is longer than <see cref="FrameOptions.MaxLength"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<Frame> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out var frame) ? new ValueTask<Frame>(frame) : ReadSlowAsync(cancellationToken);

    /// <summary>Waits until a frame is there for <see cref="TryRead"/>, blocking the thread; see <see cref="WaitToReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public bool WaitToRead()
    {
        _sets?.CloseGiven();
        while (!HasFrame(out int wanted))
        {
            if (!Fill(wanted))
                return false;
        }

        return true;
    }

    /// <summary>The next frame, blocking the thread until it is there; see <see cref="ReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public Frame Read() => TryRead(out var frame) || (WaitToRead() && TryRead(out frame)) ? frame : default;

    /// <summary>Closes the descriptors that were not taken, and the stream only when <see cref="FrameOptions.OwnsStream"/>.</summary>
    public void Dispose()
    {
        _sets?.Dispose();
        if (_options.OwnsStream)
            _input.Stream.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private bool HasFrame(out int wanted)
    {
        wanted = FramePrefix.Size;
        if (_input.Available < wanted)
            return false;
        uint length = FramePrefix.Read(_input.Bytes.AsSpan(_input.Start), _reversed);
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
        bool more = _sets is null
            ? _input.Fill(wanted)
            : Received(FrameTransfer.Receive(_input, wanted, _options.Descriptors!));
        return more || EndBetweenFrames();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        do
        {
            bool more = _sets is null
                ? await _input.FillAsync(wanted, cancellationToken).ConfigureAwait(false)
                : Received(await FrameTransfer.ReceiveAsync(_input, wanted, _options.Descriptors!, cancellationToken)
                    .ConfigureAwait(false));
            if (!more)
                return EndBetweenFrames();
        }
        while (!HasFrame(out wanted));
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Frame> ReadSlowAsync(CancellationToken cancellationToken) =>
        await WaitToReadAsync(cancellationToken).ConfigureAwait(false) && TryRead(out var frame) ? frame : default;

    private bool Received(in UnixMessage message)
    {
        if (!_input.Added(message.Count))
            return false;
        bool known = _input.Available >= FramePrefix.Size;
        long frameEnd = known
            ? _input.Position + FramePrefix.Size + FramePrefix.Read(_input.Bytes.AsSpan(_input.Start), _reversed)
            : long.MaxValue;
        _sets!.Add(message, _input.EndPosition - 1, frameEnd);
        return true;
    }

    private bool EndBetweenFrames() => _input.Available == 0
        ? false
        : throw new EndOfStreamException($"The stream ended inside a frame, after {_input.Available} of its bytes, prefix included.");
}
