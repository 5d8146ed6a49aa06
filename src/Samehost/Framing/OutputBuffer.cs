using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Framing;

/// <summary>Gathers bytes to be written to a stream.</summary>
/// <remarks>A write that fails or is canceled may have written any part, so that nothing can follow: from then on every call fails. So
/// does every call while a write is in progress.</remarks>
internal sealed class OutputBuffer
{
    private readonly Stream _stream;
    private readonly UnixStream? _unixStream;
    private readonly bool _ownsStream;
    private readonly byte[] _bytes;
    private readonly int _start; // where the gathered bytes begin
    private readonly int _limit;
    private int _end; // and where they end
    private int _sending = -1; // the number of bytes of the write in progress, or of the one that failed

    /// <param name="stream">A writable stream.</param>
    /// <param name="size">The size of the buffer.</param>
    /// <param name="ownsStream">Whether <see cref="Finish"/> closes the stream.</param>
    /// <exception cref="ArgumentException">The stream is not writable.</exception>
    public OutputBuffer(Stream stream, int size, bool ownsStream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _unixStream = stream as UnixStream;
        if (_unixStream is null && !stream.CanWrite)
            throw new ArgumentException("The stream is not writable.", nameof(stream));
        _stream = stream;
        _ownsStream = ownsStream;
        _bytes = AlignedMemory.Allocate(size, out _start);
        _limit = _start + size;
        _end = _start;
    }

    private bool IsBroken => _sending >= 0;

    private bool CanSend => !IsBroken && _stream.CanWrite;

    /// <summary>Throws if the stream cannot carry descriptors.</summary>
    /// <exception cref="NotSupportedException">It is not a <see cref="UnixStream"/>.</exception>
    public void CheckDescriptorSupport()
    {
        if (_unixStream is null)
            throw new NotSupportedException("Only a UnixStream can send descriptors.");
    }

    /// <summary>Reserves space behind the gathered bytes, if there is enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReserve(int length, out Span<byte> space)
    {
        var end = _end;
        if ((uint)length > (uint)(_limit - end))
        {
            space = default;
            return false;
        }

        space = _bytes.AsSpan(end, length);
        _end = end + length;
        return true;
    }

    /// <summary>Reserves space in a buffer that was sent.</summary>
    public Span<byte> Reserve(int length)
    {
        ThrowIfBroken();
        return TryReserve(length, out var space)
            ? space
            : throw new InvalidOperationException("The writer was used by two callers at the same time.");
    }

    /// <summary>Writes the gathered bytes to the stream, and has a stream with a buffer of its own write them on.</summary>
    public void Flush()
    {
        Send();
        if (_unixStream is null)
            _stream.Flush();
    }

    /// <summary>Writes the gathered bytes to the stream, and has a stream with a buffer of its own write them on.</summary>
    /// <remarks>A token that is canceled before the call leaves everything as it was.</remarks>
    public ValueTask FlushAsync(CancellationToken cancellationToken) =>
        _unixStream is null ? FlushStreamAsync(cancellationToken) : SendAsync(cancellationToken);

    /// <summary>Writes the gathered bytes to the stream.</summary>
    public void Send()
    {
        if (_end > _start)
            SendThrough([]);
    }

    /// <summary>Writes the gathered bytes to the stream.</summary>
    /// <remarks>A token that is canceled before the call leaves everything as it was.</remarks>
    public ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        return _end > _start ? SendThroughAsync(default, null, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Writes the gathered bytes and then more, which are not copied. Descriptors go with the first byte.</summary>
    public void SendThrough(ReadOnlySpan<byte> more, IReadOnlyList<SafeHandle>? descriptors = null)
    {
        var count = Begin();
        try
        {
            if (descriptors is null)
                _stream.Write(_bytes.AsSpan(_start, count));
            else
                _unixStream!.Send(_bytes.AsSpan(_start, count), descriptors);
        }
        catch (IOException failure) when (failure.InnerException is UnixSocketException inner)
        {
            throw Refused(inner);
        }
        catch (UnixSocketException refused)
        {
            throw Refused(refused);
        }

        if (!more.IsEmpty)
            _stream.Write(more);
        End();
    }

    /// <summary>Writes the gathered bytes and then more, which are not copied. Descriptors go with the first byte.</summary>
    public ValueTask SendThroughAsync(
        ReadOnlyMemory<byte> more, IReadOnlyList<SafeHandle>? descriptors, CancellationToken cancellationToken)
    {
        if (!more.IsEmpty || descriptors is not null)
            return SendAllAsync(more, descriptors, cancellationToken);
        var write = _stream.WriteAsync(_bytes.AsMemory(_start, Begin()), cancellationToken);
        if (!write.IsCompletedSuccessfully)
            return EndAsync(write);
        write.GetAwaiter().GetResult();
        End();
        return ValueTask.CompletedTask;
    }

    /// <summary>Flushes if no write has failed, and closes the stream if this object owns it.</summary>
    public void Finish()
    {
        try
        {
            if (CanSend)
                Flush();
        }
        finally
        {
            if (_ownsStream)
                _stream.Dispose();
        }
    }

    /// <inheritdoc cref="Finish"/>
    public async ValueTask FinishAsync()
    {
        try
        {
            if (CanSend)
                await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (_ownsStream)
                await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask FlushStreamAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EndAsync(ValueTask write)
    {
        await write.ConfigureAwait(false);
        End();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAllAsync(
        ReadOnlyMemory<byte> more, IReadOnlyList<SafeHandle>? descriptors, CancellationToken cancellationToken)
    {
        var gathered = _bytes.AsMemory(_start, Begin());
        try
        {
            if (descriptors is null)
                await _stream.WriteAsync(gathered, cancellationToken).ConfigureAwait(false);
            else
                await _unixStream!.SendAsync(gathered, descriptors, cancellationToken).ConfigureAwait(false);
        }
        catch (UnixSocketException failure)
        {
            throw Refused(failure);
        }

        if (!more.IsEmpty)
            await _stream.WriteAsync(more, cancellationToken).ConfigureAwait(false);
        End();
    }

    private int Begin()
    {
        ThrowIfBroken();
        _sending = _end - _start;
        _end = _limit; // so that the fast path of a write needs no check of its own
        return _sending;
    }

    private void End()
    {
        _sending = -1;
        _end = _start;
    }

    private void ThrowIfBroken()
    {
        if (IsBroken)
        {
            throw new InvalidOperationException(
                "An earlier write failed, was canceled or is still in progress; the peer may have received part of it.");
        }
    }

    // The kernel checks descriptors before it takes a byte, so refusing them leaves the stream as it was.
    private IOException Refused(UnixSocketException failure)
    {
        if (failure.Errno is Errno.EPERM or Errno.ETOOMANYREFS)
            End();
        return new IOException(failure.Message, failure);
    }
}

/// <summary>Allocates buffers that begin at a cache line.</summary>
/// <remarks>From some other addresses the kernel's copying takes several times as long on current processors, and the garbage collector
/// places an array at any multiple of eight.</remarks>
internal static class AlignedMemory
{
    private const int CacheLine = 64;

    /// <summary>Allocates a pinned array, and returns the index in it of <paramref name="size"/> aligned bytes.</summary>
    public static byte[] Allocate(int size, out int start)
    {
        var array = GC.AllocateUninitializedArray<byte>(size + CacheLine - 1, pinned: true);
        start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (CacheLine - 1));
        return array;
    }
}
