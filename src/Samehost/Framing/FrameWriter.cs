using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Samehost.Framing;
using Samehost.Ancillary;

namespace Samehost;

/// <summary>
/// Writes length-prefixed messages (frames) to a <see cref="UnixStream"/>: four bytes that say how many follow, little-endian unless
/// <see cref="FrameOptions.BigEndian"/>, then the message. Small frames are gathered and sent together; long ones are not copied.
/// </summary>
/// <remarks>
/// <para>Not thread-safe: one caller at a time. What was written is sent when the buffer is full, by <see cref="Flush"/> and
/// <see cref="FlushAsync"/>, by a frame with descriptors, and at disposal: flush before waiting for an answer.</para>
/// <para>Not cancel safe: a send that is canceled, times out or fails may have sent part of a frame, so that nothing can follow it; further
/// calls are then an <see cref="InvalidOperationException"/>. A token that was canceled before the call leaves everything as it was.</para>
/// </remarks>
/// <example><code>
/// await using var writer = new FrameWriter(stream);
/// await writer.WriteAsync("hello"u8.ToArray());
/// await writer.FlushAsync();
/// </code></example>
public sealed class FrameWriter : IDisposable, IAsyncDisposable
{
    private readonly OutputBuffer _output;
    private readonly FrameOptions _options;
    private readonly bool _reversed;
    private readonly int _mostGathered;

    /// <summary>Writes frames to a stream.</summary>
    /// <param name="stream">The stream; it stays the caller's to close, unless <see cref="FrameOptions.OwnsStream"/>.</param>
    /// <param name="options"><see cref="FrameOptions.Default"/> when null.</param>
    public FrameWriter(UnixStream stream, FrameOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _options = options ?? FrameOptions.Default;
        _reversed = _options.BigEndian == BitConverter.IsLittleEndian;
        _output = new OutputBuffer(stream, _options.BufferSize);
        _mostGathered = Math.Min(_options.MaxLength, _options.BufferSize - FramePrefix.Size);
    }

    /// <summary>Adds a frame to what is to be sent, if there is room for it; never sends.</summary>
    /// <returns>False, with nothing added, when it has to be flushed first or the frame is longer than the buffer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _mostGathered || !_output.TryReserve(FramePrefix.Size + payload.Length, out var room))
            return false;
        FramePrefix.Write(room, payload.Length, _reversed);
        payload.CopyTo(room[FramePrefix.Size..]);
        return true;
    }

    /// <summary>Writes a frame; where the buffer is full it is sent first, blocking the thread while the peer has no room.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="FrameOptions.MaxLength"/>; nothing was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Write(ReadOnlySpan<byte> payload)
    {
        if (!TryWrite(payload))
            WriteSlow(payload);
    }

    /// <summary>Writes a frame; where the buffer is full it is sent first.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <param name="payload">The message; it must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">Longer than <see cref="FrameOptions.MaxLength"/>; nothing was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        TryWrite(payload.Span) ? ValueTask.CompletedTask : WriteSlowAsync(payload, cancellationToken);

    /// <summary>
    /// Sends what was written before, and then a frame with descriptors, blocking the thread while the peer has no room. It has
    /// sends of its own, so that a <see cref="FrameReader"/> at the other end finds the descriptors with this very frame.
    /// </summary>
    /// <param name="payload">The message; it may be empty.</param>
    /// <param name="descriptors">Up to 253; they stay ours to close. None makes it an ordinary frame.</param>
    /// <exception cref="ArgumentException">Too long, or too many descriptors; nothing was written.</exception>
    /// <exception cref="IOException">EPERM when the peer does not accept descriptors and ETOOMANYREFS when too many are in flight:
    /// the frame was then not sent and the writer can be used further. EPIPE when the peer has closed.</exception>
    public void Write(ReadOnlySpan<byte> payload, IReadOnlyList<SafeHandle> descriptors)
    {
        CheckLength(payload.Length);
        DescriptorSender.Check(descriptors);
        if (descriptors.Count == 0)
        {
            Write(payload);
            return;
        }

        _output.Flush();
        int head = PutHead(payload);
        _output.SendThrough(payload[head..], descriptors);
    }

    /// <summary>Sends what was written before, and then a frame with descriptors; see
    /// <see cref="Write(ReadOnlySpan{byte}, IReadOnlyList{SafeHandle})"/>.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <param name="payload">The message; it may be empty, and must not change until the call has ended.</param>
    /// <param name="descriptors">Up to 253; they must stay open until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">Too long, or too many descriptors; nothing was written.</exception>
    /// <exception cref="IOException">EPERM and ETOOMANYREFS, after which the writer can be used further; EPIPE.</exception>
    public ValueTask WriteAsync(
        ReadOnlyMemory<byte> payload, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default)
    {
        CheckLength(payload.Length);
        DescriptorSender.Check(descriptors);
        return descriptors.Count == 0
            ? WriteAsync(payload, cancellationToken)
            : WriteWithDescriptorsAsync(payload, descriptors, cancellationToken);
    }

    /// <summary>Sends what was written, blocking the thread while the peer has no room.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Flush() => _output.Flush();

    /// <summary>Sends what was written.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _output.FlushAsync(cancellationToken);

    /// <summary>Sends what was written, unless an earlier call failed, and closes the stream only when
    /// <see cref="FrameOptions.OwnsStream"/>.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed, with something left to send.</exception>
    public void Dispose() => _output.Finish(_options.OwnsStream);

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => _output.FinishAsync(_options.OwnsStream);

    private void WriteSlow(ReadOnlySpan<byte> payload)
    {
        CheckLength(payload.Length);
        if (payload.Length <= _mostGathered)
        {
            _output.Flush();
            PutHead(payload);
            return;
        }

        if (!TryPutPrefix(payload.Length))
        {
            _output.Flush();
            FramePrefix.Write(_output.Reserve(FramePrefix.Size), payload.Length, _reversed);
        }

        _output.SendThrough(payload);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteSlowAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        CheckLength(payload.Length);
        cancellationToken.ThrowIfCancellationRequested();
        if (payload.Length <= _mostGathered)
        {
            await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
            PutHead(payload.Span);
            return;
        }

        if (!TryPutPrefix(payload.Length))
        {
            await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
            FramePrefix.Write(_output.Reserve(FramePrefix.Size), payload.Length, _reversed);
        }

        await _output.SendThroughAsync(payload, null, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteWithDescriptorsAsync(
        ReadOnlyMemory<byte> payload, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken)
    {
        await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
        int head = PutHead(payload.Span);
        await _output.SendThroughAsync(payload[head..], descriptors, cancellationToken).ConfigureAwait(false);
    }

    private bool TryPutPrefix(int length)
    {
        if (!_output.TryReserve(FramePrefix.Size, out var prefix))
            return false;
        FramePrefix.Write(prefix, length, _reversed);
        return true;
    }

    /// <summary>Puts the prefix, and as much of the message as there is room for, into the empty buffer.</summary>
    private int PutHead(ReadOnlySpan<byte> payload)
    {
        int head = Math.Min(payload.Length, _mostGathered);
        var room = _output.Reserve(FramePrefix.Size + head);
        FramePrefix.Write(room, payload.Length, _reversed);
        payload[..head].CopyTo(room[FramePrefix.Size..]);
        return head;
    }

    private void CheckLength(int length)
    {
        if (length > _options.MaxLength)
            throw new ArgumentException($"The frame has {length} bytes; the longest allowed is {_options.MaxLength}.");
    }
}
