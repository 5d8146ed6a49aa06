using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Samehost.Ancillary;

namespace Samehost.Framing;

/// <summary>Writes length-prefixed messages (frames) to a stream.</summary>
/// <remarks>
/// <para>A frame has four bytes with the length of the message, little-endian unless <see cref="FrameOptions.BigEndian"/>, and then the
/// message. Small frames are gathered and sent together; long ones are not copied.</para>
/// <para>Not thread-safe: one caller at a time. The frames are sent when the buffer is full, by <see cref="Flush"/> and
/// <see cref="FlushAsync"/>, by a frame with descriptors, and at disposal: flush before waiting for an answer.</para>
/// <para>Not cancel safe: a send that is canceled, times out or fails may have sent part of a frame, so that nothing can follow it;
/// further calls are then an <see cref="InvalidOperationException"/>. A token that was canceled before the call leaves everything as it
/// was.</para>
/// </remarks>
/// <example><code>
/// await using var writer = new FrameWriter(stream);
/// await writer.WriteAsync("hello"u8.ToArray());
/// await writer.FlushAsync();
/// </code></example>
public sealed class FrameWriter : IDisposable, IAsyncDisposable
{
    private readonly OutputBuffer _output;
    private readonly int _maxLength;
    private readonly bool _reversed;
    private readonly int _mostGathered;

    /// <summary>Initializes a writer.</summary>
    /// <param name="stream">The stream, which the caller closes unless <see cref="FrameOptions.OwnsStream"/>.</param>
    /// <param name="options">The format of the frames; if null, the defaults of <see cref="FrameOptions"/>.</param>
    /// <exception cref="ArgumentException">The stream is not writable.</exception>
    public FrameWriter(Stream stream, FrameOptions? options = null)
    {
        options ??= new();
        _maxLength = options.MaxLength;
        _reversed = options.BigEndian == BitConverter.IsLittleEndian;
        _output = new OutputBuffer(stream, options.BufferSize, options.OwnsStream);
        _mostGathered = Math.Min(options.MaxLength, options.BufferSize - FramePrefix.Size);
    }

    /// <summary>Writes a frame to the buffer if it has enough space, without sending.</summary>
    /// <returns>False if the buffer has to be flushed first, or the frame is longer than the buffer; nothing was written then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _mostGathered || !_output.TryReserve(FramePrefix.Size + payload.Length, out var space))
            return false;
        FramePrefix.Write(space, payload.Length, _reversed);
        payload.CopyTo(space[FramePrefix.Size..]);
        return true;
    }

    /// <summary>Writes a frame. A full buffer is sent first, which blocks the thread while the socket's send buffer is full.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="FrameOptions.MaxLength"/>; nothing was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Write(ReadOnlySpan<byte> payload)
    {
        if (!TryWrite(payload))
            WriteSlow(payload);
    }

    /// <summary>Writes a frame. A full buffer is sent first.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <param name="payload">The message; it must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">Longer than <see cref="FrameOptions.MaxLength"/>; nothing was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        TryWrite(payload.Span) ? ValueTask.CompletedTask : WriteSlowAsync(payload, cancellationToken);

    /// <summary>Sends the frames written before and then a frame with descriptors, which blocks the thread while the socket's send buffer
    /// is full.</summary>
    /// <remarks>The frame is sent on its own, so that a <see cref="FrameReader"/> at the other end assigns the descriptors to
    /// it.</remarks>
    /// <param name="payload">The message; it may be empty.</param>
    /// <param name="descriptors">Up to 253 descriptors, which the caller owns; an ordinary frame if empty.</param>
    /// <exception cref="ArgumentException">Too long, or too many descriptors; nothing was written.</exception>
    /// <exception cref="NotSupportedException">The stream is not a <see cref="UnixStream"/>; nothing was written.</exception>
    /// <exception cref="IOException">EPERM if the peer does not accept descriptors, ETOOMANYREFS if too many are in flight: the frame was
    /// not sent then, and the writer can be used further. EPIPE if the peer has closed.</exception>
    public void Write(ReadOnlySpan<byte> payload, IReadOnlyList<SafeHandle> descriptors)
    {
        CheckLength(payload.Length);
        DescriptorSender.Check(descriptors);
        if (descriptors.Count == 0)
        {
            Write(payload);
            return;
        }

        _output.CheckDescriptorSupport();
        _output.Send();
        var head = WriteHead(payload);
        _output.SendThrough(payload[head..], descriptors);
    }

    /// <summary>Sends the frames written before and then a frame with descriptors; see
    /// <see cref="Write(ReadOnlySpan{byte}, IReadOnlyList{SafeHandle})"/>.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <param name="payload">The message; it may be empty, and must not change until the call has ended.</param>
    /// <param name="descriptors">Up to 253 descriptors, which must stay open until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">Too long, or too many descriptors; nothing was written.</exception>
    /// <exception cref="NotSupportedException">The stream is not a <see cref="UnixStream"/>; nothing was written.</exception>
    /// <exception cref="IOException">EPERM and ETOOMANYREFS, after which the writer can be used further; EPIPE.</exception>
    public ValueTask WriteAsync(
        ReadOnlyMemory<byte> payload, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default)
    {
        CheckLength(payload.Length);
        DescriptorSender.Check(descriptors);
        if (descriptors.Count == 0)
            return WriteAsync(payload, cancellationToken);
        _output.CheckDescriptorSupport();
        return WriteWithDescriptorsAsync(payload, descriptors, cancellationToken);
    }

    /// <summary>Sends the buffer, which blocks the thread while the socket's send buffer is full.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Flush() => _output.Flush();

    /// <summary>Sends the buffer.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _output.FlushAsync(cancellationToken);

    /// <summary>Sends the buffer, unless an earlier call failed, and closes the stream if <see cref="FrameOptions.OwnsStream"/>.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed, with something left to send.</exception>
    public void Dispose() => _output.Finish();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => _output.FinishAsync();

    private void WriteSlow(ReadOnlySpan<byte> payload)
    {
        CheckLength(payload.Length);
        if (payload.Length <= _mostGathered)
        {
            _output.Send();
            WriteHead(payload);
            return;
        }

        if (!TryWritePrefix(payload.Length))
        {
            _output.Send();
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
            await _output.SendAsync(cancellationToken).ConfigureAwait(false);
            WriteHead(payload.Span);
            return;
        }

        if (!TryWritePrefix(payload.Length))
        {
            await _output.SendAsync(cancellationToken).ConfigureAwait(false);
            FramePrefix.Write(_output.Reserve(FramePrefix.Size), payload.Length, _reversed);
        }

        await _output.SendThroughAsync(payload, null, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteWithDescriptorsAsync(
        ReadOnlyMemory<byte> payload, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken)
    {
        await _output.SendAsync(cancellationToken).ConfigureAwait(false);
        var head = WriteHead(payload.Span);
        await _output.SendThroughAsync(payload[head..], descriptors, cancellationToken).ConfigureAwait(false);
    }

    private bool TryWritePrefix(int length)
    {
        if (!_output.TryReserve(FramePrefix.Size, out var prefix))
            return false;
        FramePrefix.Write(prefix, length, _reversed);
        return true;
    }

    /// <summary>Writes the prefix, and as much of the message as fits, to the empty buffer.</summary>
    private int WriteHead(ReadOnlySpan<byte> payload)
    {
        var head = Math.Min(payload.Length, _mostGathered);
        var space = _output.Reserve(FramePrefix.Size + head);
        FramePrefix.Write(space, payload.Length, _reversed);
        payload[..head].CopyTo(space[FramePrefix.Size..]);
        return head;
    }

    private void CheckLength(int length)
    {
        if (length > _maxLength)
            throw new ArgumentException($"The frame has {length} bytes; the longest allowed is {_maxLength}.");
    }
}
