using System.Buffers;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <content>Reading and writing.</content>
public sealed partial class UnixStream
{
    /// <summary>
    /// Reads what is there, at least one byte, and waits when there is nothing. With an empty buffer it waits until there is something
    /// to read and takes nothing.
    /// </summary>
    /// <returns>The number of bytes; 0 at the end of the stream, when the peer has ended its sending direction or closed.</returns>
    /// <exception cref="IOException">ECONNRESET when the peer closed without reading what we had sent (the bytes that it
    /// sent before are read first, and every later read fails likewise); ETIMEDOUT after <see cref="ReadTimeout"/>.</exception>
    public override int Read(Span<byte> buffer)
    {
        int result;
        if (buffer.IsEmpty)
        {
            var readable = new ReadableCall(_state);
            result = BlockingCall.Run(_core, ref readable, LibcPoll.POLLIN, ref _core.ReadBudget, _readTimeout);
        }
        else
        {
            var read = new ReadCall(_state, buffer);
            result = BlockingCall.Run(_core, ref read, LibcPoll.POLLIN, ref _core.ReadBudget, _readTimeout);
        }

        return result >= 0 ? result : throw _state.Failure(result, "read");
    }

    /// <inheritdoc cref="Read(Span{byte})"/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <summary>Reads one byte; −1 at the end of the stream.</summary>
    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    /// <summary>
    /// Reads what is there, at least one byte, and waits when there is nothing. With an empty buffer it waits until there is something
    /// to read and takes nothing.
    /// </summary>
    /// <remarks>Cancel safe: a cancelled read has taken nothing from the stream.</remarks>
    /// <param name="buffer">Where the bytes go; it must stay valid until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of bytes; 0 at the end of the stream.</returns>
    /// <exception cref="IOException">ECONNRESET; see <see cref="Read(Span{byte})"/>.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _core.Readers.Run(ReadOperation.For(_state, buffer), cancellationToken);

    /// <summary>
    /// Reads what is there, at least one byte, into room that it asks for at the moment it reads: a connection that waits holds no buffer.
    /// </summary>
    /// <remarks>
    /// <para>Cancel safe: a cancelled read has taken nothing from the stream.</para>
    /// <para>Each try is one <see cref="IBufferWriter{T}.GetSpan"/> and one <see cref="IBufferWriter{T}.Advance"/>, by 0 where nothing
    /// was there: then the room may be used otherwise until the next try. Tries of one read never overlap; they come from the caller's
    /// thread or an event loop's, with a lock of the stream's held, so the writer must neither block nor use the stream.</para>
    /// </remarks>
    /// <param name="writer">Gives room, at least a byte; what it throws ends the read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of bytes; 0 at the end of the stream.</returns>
    /// <exception cref="IOException">ECONNRESET; see <see cref="Read(Span{byte})"/>.</exception>
    public ValueTask<int> ReadAsync(IBufferWriter<byte> writer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writer);
        return _core.Readers.Run(ReadIntoOperation.For(_state, writer), cancellationToken);
    }

    /// <inheritdoc cref="ReadAsync(Memory{byte}, CancellationToken)"/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Hands all bytes to the kernel, waiting for room where needed.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed (never a signal); ETIMEDOUT after <see cref="WriteTimeout"/>, when
    /// part of the bytes may have been sent.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var write = new WriteCall(_state, buffer);
        Finish(BlockingCall.Run(_core, ref write, LibcPoll.POLLOUT, ref _core.WriteBudget, _writeTimeout));
    }

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <summary>Writes one byte.</summary>
    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Hands the bytes of several buffers to the kernel, in order, gathered in as few calls as possible (writev(2)).</summary>
    /// <exception cref="IOException">As <see cref="Write(ReadOnlySpan{byte})"/>.</exception>
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        var write = new VectoredWriteCall(_state, buffers);
        Finish(BlockingCall.Run(_core, ref write, LibcPoll.POLLOUT, ref _core.WriteBudget, _writeTimeout));
    }

    /// <summary>Hands all bytes to the kernel, waiting for room where needed.</summary>
    /// <remarks>Not cancel safe: a cancelled write may have sent part of the bytes, and the stream is then of no further use to a
    /// protocol that needs to know which. A write cancelled before it began has sent nothing.</remarks>
    /// <param name="buffer">The bytes; they must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">EPIPE when the peer has closed (never a signal).</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _core.Writers.RunWithoutResult(WriteOperation.For(_state, buffer), cancellationToken);

    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Hands the bytes of several buffers to the kernel, in order, gathered in as few calls as possible (writev(2)).</summary>
    /// <remarks>Not cancel safe, as <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</remarks>
    /// <param name="buffers">The buffers; neither the list nor the bytes may change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        // The list is read again with a lock held, where code of others must not run.
        if (buffers is not (ReadOnlyMemory<byte>[] or List<ReadOnlyMemory<byte>>))
            buffers = [.. buffers];
        return _core.Writers.RunWithoutResult(new VectoredWriteOperation(_state, buffers), cancellationToken);
    }

    /// <summary>For code from before tasks; runs <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <summary>Ends what <see cref="BeginRead"/> began.</summary>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    /// <summary>For code from before tasks; runs <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <summary>Ends what <see cref="BeginWrite"/> began.</summary>
    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    private void Finish(int result)
    {
        if (result < 0)
            throw _state.Failure(result, "write");
    }
}
