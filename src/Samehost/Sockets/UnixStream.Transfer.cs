using System.Buffers;
using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Sockets;

namespace Samehost;

/// <content>Reading, writing, and messages with ancillary data.</content>
public sealed partial class UnixStream
{
    /// <summary>
    /// Reads what is available, at least one byte, and waits where nothing is. With an empty buffer it waits until there is something
    /// to read and takes nothing.
    /// </summary>
    /// <returns>The number of bytes; 0 at the end of the stream, when the peer has ended its sending direction or closed.</returns>
    /// <exception cref="IOException">ECONNRESET when the peer closed without reading what we had sent (the bytes that it
    /// sent before are read first, and every later read fails likewise); ETIMEDOUT after <see cref="ReadTimeout"/>.</exception>
    public override int Read(Span<byte> buffer) =>
        _context.Receive<ReadCall, int>(this, default, buffer, _readTimeout);

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
    /// Reads what is available, at least one byte, and waits where nothing is. With an empty buffer it waits until there is something
    /// to read and takes nothing.
    /// </summary>
    /// <remarks>Cancel safe: a canceled read has taken nothing from the stream.</remarks>
    /// <param name="buffer">The room for the bytes; it must stay valid until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of bytes; 0 at the end of the stream.</returns>
    /// <exception cref="IOException">ECONNRESET; see <see cref="Read(Span{byte})"/>.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<ReadCall, int>(this, default, buffer, cancellationToken);

    /// <summary>
    /// Reads what is available, at least one byte, into room that it requests at the moment of the read: a connection that waits holds no
    /// buffer.
    /// </summary>
    /// <remarks>
    /// <para>Cancel safe: a canceled read has taken nothing from the stream.</para>
    /// <para>Each attempt is one <see cref="IBufferWriter{T}.GetSpan"/> and one <see cref="IBufferWriter{T}.Advance"/>, by 0 where nothing
    /// was available: the room may be used otherwise until the next attempt. The attempts of one read never overlap; they come from the
    /// caller's thread or from an event loop's, with a lock of the stream held, so the writer must neither block nor use the stream.</para>
    /// </remarks>
    /// <param name="writer">Supplies the room, at least a byte. An exception that it throws ends the read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of bytes; 0 at the end of the stream.</returns>
    /// <exception cref="IOException">ECONNRESET; see <see cref="Read(Span{byte})"/>.</exception>
    public ValueTask<int> ReadAsync(IBufferWriter<byte> writer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writer);
        return _context.ReceiveAsync<ReadCall, int>(this, new ReadCall(writer), default, cancellationToken);
    }

    /// <inheritdoc cref="ReadAsync(Memory{byte}, CancellationToken)"/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Writes all bytes to the kernel, and waits for room where needed.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed (never a signal); ETIMEDOUT after <see cref="WriteTimeout"/>, when
    /// part of the bytes may have been sent.</exception>
    public override void Write(ReadOnlySpan<byte> buffer) => _context.Send(this, new WriteCall(), buffer, _writeTimeout);

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <summary>Writes one byte.</summary>
    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Writes the bytes of several buffers to the kernel, in order, gathered in as few calls as possible (writev(2)).</summary>
    /// <exception cref="IOException">As <see cref="Write(ReadOnlySpan{byte})"/>.</exception>
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        _context.Send(this, new VectoredWriteCall(buffers), default, _writeTimeout);
    }

    /// <summary>Writes all bytes to the kernel, and waits for room where needed.</summary>
    /// <remarks>Not cancel safe: a canceled write may have sent part of the bytes, and the stream is then of no further use to a
    /// protocol that needs to know which. A write canceled before it began has sent nothing.</remarks>
    /// <param name="buffer">The bytes; they must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">EPIPE when the peer has closed (never a signal).</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _context.SendAsync(this, new WriteCall(), buffer, cancellationToken);

    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Writes the bytes of several buffers to the kernel, in order, gathered in as few calls as possible (writev(2)).</summary>
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
        return _context.SendAsync(this, new VectoredWriteCall(buffers), default, cancellationToken);
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

    /// <summary>
    /// Gets or sets a value that indicates whether the peer may send descriptors (SO_PASSRIGHTS). False by default: the kernel then refuses
    /// them where it can (Linux 6.16: the sender gets EPERM), and closes them otherwise.
    /// </summary>
    public bool AcceptDescriptors
    {
        get => _context.AcceptsDescriptors;
        set => _context.AcceptsDescriptors = value;
    }

    /// <summary>Gets the credentials of the process that connected, listened, or made the pair at the other end, as of then.</summary>
    /// <remarks>They are read at the first call and kept. Of a connection to a <see cref="UnixServer"/> that has events they are kept from
    /// accept on, so that they can be read when it is closed.</remarks>
    /// <exception cref="UnixSocketException">The kernel does not report them.</exception>
    public PeerCredentials GetPeerCredentials() => _context.PeerCredentials;

    /// <summary>Opens the process at the other end, which the caller has to dispose of (SO_PEERPIDFD, Linux 6.5).</summary>
    /// <exception cref="UnixSocketException">The kernel does not report them.</exception>
    public PeerProcess OpenPeerProcess() => PeerProcess.Of(_context);

    /// <summary>Sends bytes with descriptors, blocking the thread while there is no room (SCM_RIGHTS, unix(7)). They reach the
    /// peer with the first of the bytes, and the caller still owns those that were sent.</summary>
    /// <param name="bytes">At least one byte: on a stream the kernel would drop descriptors that go with nothing.</param>
    /// <param name="descriptors">Files, sockets, pipes, memory: up to 253.</param>
    /// <exception cref="UnixSocketException">EPIPE; EPERM when the peer does not accept descriptors; ETOOMANYREFS when too many are in
    /// flight.</exception>
    public void Send(ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        CheckSend(bytes.Length, descriptors);
        _context.Send(this, new SendMessageCall(descriptors), bytes, _writeTimeout);
    }

    /// <summary>Sends bytes with ancillary data, blocking the thread while there is no room (sendmsg(2)).</summary>
    /// <param name="bytes">At least one byte.</param>
    /// <param name="ancillaryData">Descriptors and credentials.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, IReadOnlyList{SafeHandle})"/>; also EPERM where the
    /// credentials are not ours.</exception>
    public void Send(ReadOnlySpan<byte> bytes, UnixAncillaryData ancillaryData)
    {
        ArgumentNullException.ThrowIfNull(ancillaryData);
        CheckSend(bytes.Length, ancillaryData.Descriptors);
        var call = new SendMessageCall(ancillaryData.Descriptors, ancillaryData.Credentials?.ToNative());
        _context.Send(this, call, bytes, _writeTimeout);
    }

    /// <summary>Sends bytes with ancillary data, waiting while there is no room (sendmsg(2)).</summary>
    /// <remarks>Not cancel safe: a canceled send may have sent the ancillary data and part of the bytes.</remarks>
    /// <param name="bytes">At least one byte; they must not change until the call has ended.</param>
    /// <param name="ancillaryData">Descriptors, which must stay open until the call has ended, and credentials.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, UnixAncillaryData)"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> bytes, UnixAncillaryData ancillaryData, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ancillaryData);
        CheckSend(bytes.Length, ancillaryData.Descriptors);
        var call = SendMessageCall.WithCopy(ancillaryData.Descriptors, ancillaryData.Credentials?.ToNative());
        return _context.SendAsync(this, call, bytes, cancellationToken);
    }

    /// <summary>Sends bytes with descriptors, waiting while there is no room (SCM_RIGHTS, unix(7)).</summary>
    /// <remarks>Not cancel safe: a canceled send may have sent the descriptors and part of the bytes.</remarks>
    /// <param name="bytes">At least one byte; they must not change until the call has ended.</param>
    /// <param name="descriptors">Up to 253; they must stay open until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, IReadOnlyList{SafeHandle})"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default)
    {
        CheckSend(bytes.Length, descriptors);
        return _context.SendAsync(this, SendMessageCall.WithCopy(descriptors), bytes, cancellationToken);
    }

    /// <summary>
    /// Receives bytes and the descriptors that came with them, blocking the thread until there are some (recvmsg(2)).
    /// </summary>
    /// <remarks>
    /// The boundary: a read ends with the bytes of the first send that carried descriptors, so the set belongs to the message that holds
    /// the last byte of this read. Bytes sent before it may stand in front. Two sets never come together.
    /// </remarks>
    /// <param name="buffer">The room for the bytes; not empty.</param>
    /// <param name="descriptors">Which descriptors to take; <see cref="DescriptorOptions.Default"/> when null.</param>
    /// <exception cref="InvalidOperationException"><see cref="AcceptDescriptors"/> is off.</exception>
    /// <exception cref="UnixSocketException">ECONNRESET, as for a read.</exception>
    public UnixMessage Receive(Span<byte> buffer, DescriptorOptions? descriptors = null)
    {
        CheckReceive(buffer.Length);
        var call = new ReceiveMessageCall(descriptors ?? DescriptorOptions.Default);
        return _context.Receive<ReceiveMessageCall, UnixMessage>(this, call, buffer, _readTimeout);
    }

    /// <summary>Receives bytes and the descriptors that came with them; otherwise as <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing from the stream.</remarks>
    /// <param name="buffer">The room for the bytes; not empty.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException"><see cref="AcceptDescriptors"/> is off.</exception>
    /// <exception cref="UnixSocketException">ECONNRESET, as for a read.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReceiveAsync(buffer, null, cancellationToken);

    /// <summary>Receives bytes and the descriptors that came with them; otherwise as <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing from the stream.</remarks>
    /// <param name="buffer">The room for the bytes; not empty.</param>
    /// <param name="descriptors">Which descriptors to take; <see cref="DescriptorOptions.Default"/> when null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException"><see cref="AcceptDescriptors"/> is off.</exception>
    /// <exception cref="UnixSocketException">ECONNRESET, as for a read.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(
        Memory<byte> buffer, DescriptorOptions? descriptors, CancellationToken cancellationToken = default)
    {
        CheckReceive(buffer.Length);
        var call = new ReceiveMessageCall(descriptors ?? DescriptorOptions.Default);
        return _context.ReceiveAsync<ReceiveMessageCall, UnixMessage>(this, call, buffer, cancellationToken);
    }

    private static void CheckSend(int length, IReadOnlyList<SafeHandle> descriptors)
    {
        DescriptorSender.Check(descriptors);
        if (length == 0)
            throw new ArgumentException("On a stream descriptors need at least one byte to go with; the kernel drops them otherwise.");
    }

    private void CheckReceive(int length)
    {
        if (!AcceptDescriptors)
            throw new InvalidOperationException("The stream does not accept descriptors; set AcceptDescriptors before the peer sends any.");
        if (length == 0)
            throw new ArgumentException("Descriptors come with bytes; the buffer has room for none.");
    }
}
