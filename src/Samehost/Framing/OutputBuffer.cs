using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Framing;

/// <summary>
/// Bytes gathered for a stream. A send that fails or is canceled may have sent any part, so that nothing can follow: from then on the
/// buffer is broken and says so. While a send is under way it is taken for broken as well, and accepts nothing.
/// </summary>
internal sealed class OutputBuffer
{
    private readonly UnixStream _stream;
    private readonly byte[] _bytes;
    private readonly int _start; // where what was gathered begins
    private readonly int _limit;
    private int _end; // and where it ends
    private int _sending = -1; // how many bytes are on their way, or were when a send broke

    public OutputBuffer(UnixStream stream, int size)
    {
        _stream = stream;
        _bytes = AlignedMemory.Allocate(size, out _start);
        _limit = _start + size;
        _end = _start;
    }

    private bool IsBroken => _sending >= 0;

    private bool CanSend => !IsBroken && _stream.CanWrite;

    /// <summary>Room behind what is there, if there is as much.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReserve(int length, out Span<byte> room)
    {
        int end = _end;
        if ((uint)length > (uint)(_limit - end))
        {
            room = default;
            return false;
        }

        room = _bytes.AsSpan(end, length);
        _end = end + length;
        return true;
    }

    /// <summary>Room that has to be there: the buffer was flushed.</summary>
    public Span<byte> Reserve(int length)
    {
        ThrowIfBroken();
        return TryReserve(length, out var room) ? room : throw new InvalidOperationException("The writer was used by two callers at once.");
    }

    public void Flush()
    {
        if (_end > _start)
            SendThrough([]);
    }

    /// <remarks>A token that is canceled beforehand ends the call with nothing sent and nothing broken.</remarks>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        return _end > _start ? SendThroughAsync(default, null, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Sends what was gathered, and then more without copying it. Descriptors go with the first byte.</summary>
    public void SendThrough(ReadOnlySpan<byte> more, IReadOnlyList<SafeHandle>? descriptors = null)
    {
        int count = Begin();
        try
        {
            if (descriptors is null)
                _stream.Write(_bytes.AsSpan(_start, count));
            else
                _stream.Send(_bytes.AsSpan(_start, count), descriptors);
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

    /// <summary>Sends what was gathered, and then more without copying it. Descriptors go with the first byte.</summary>
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

    /// <summary>Sends what can still be sent, and closes the stream where that is ours to do.</summary>
    public void Finish(bool closeStream)
    {
        try
        {
            if (CanSend)
                Flush();
        }
        finally
        {
            if (closeStream)
                _stream.Dispose();
        }
    }

    public async ValueTask FinishAsync(bool closeStream)
    {
        try
        {
            if (CanSend)
                await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (closeStream)
                await _stream.DisposeAsync().ConfigureAwait(false);
        }
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
                await _stream.SendAsync(gathered, descriptors, cancellationToken).ConfigureAwait(false);
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
            throw new InvalidOperationException(
                "An earlier write failed, was canceled or is still under way; the peer may have part of it.");
    }

    // The kernel looks at descriptors before it takes a byte, so a refusal of them leaves the stream as it was.
    private IOException Refused(UnixSocketException failure)
    {
        if (failure.Errno is Errno.EPERM or Errno.ETOOMANYREFS)
            End();
        return new IOException(failure.Message, failure);
    }
}
