using System.Buffers;
using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>
/// Sends and receives the records of a connected local seqpacket socket (<c>SOCK_SEQPACKET</c>, unix(7)): with their bounds, and in order.
/// An empty record is a record, and distinct from the end of the connection.
/// </summary>
/// <remarks>All members may be used from several threads at once; each record goes or comes whole.</remarks>
/// <example><code>
/// await using var connection = await UnixSeqpacket.ConnectAsync(UnixEndPoint.Parse("/run/app.sock"));
/// await connection.SendAsync("g1"u8.ToArray());
/// var buffer = new byte[65536];
/// using var record = await connection.ReceiveAsync(buffer);
/// Console.WriteLine(Encoding.UTF8.GetString(buffer, 0, record.Count));
/// </code></example>
public sealed class UnixSeqpacket : IDisposable, IAsyncDisposable, IAcceptedSocket<UnixSeqpacket>
{
    private readonly SocketContext _context;
    private UnixEndPoint? _local;
    private UnixEndPoint? _remote;

    internal UnixSeqpacket(SocketContext context) => _context = context;

    /// <summary>Closes a socket that was not disposed of.</summary>
    ~UnixSeqpacket() => _context?.Dispose();

    /// <summary>Gets the address of this end.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= _context.LocalEndPoint();

    /// <summary>Gets the address of the other end, which the peer chooses: it does not identify the peer.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public UnixEndPoint RemoteEndPoint => _remote ??= _context.RemoteEndPoint();

    /// <summary>Gets the descriptor, for calls that this library does not have. Disposing of it closes the socket.</summary>
    public SafeHandle SafeHandle => _context;

    /// <inheritdoc cref="UnixStream.SendBufferSize"/>
    public int SendBufferSize
    {
        get => _context.SendBufferSize;
        set => _context.SendBufferSize = value;
    }

    /// <inheritdoc cref="UnixStream.ReceiveBufferSize"/>
    public int ReceiveBufferSize
    {
        get => _context.ReceiveBufferSize;
        set => _context.ReceiveBufferSize = value;
    }

    /// <summary>Gets or sets a value that indicates whether the peer may send descriptors; see
    /// <see cref="UnixStream.AcceptDescriptors"/>.</summary>
    public bool AcceptDescriptors
    {
        get => _context.AcceptsDescriptors;
        set => _context.AcceptsDescriptors = value;
    }

    internal SocketContext Context => _context;

    /// <summary>Connects, blocking the thread where it has to wait (connect(2)).</summary>
    /// <exception cref="UnixSocketException">As <see cref="UnixStream.Connect"/>.</exception>
    public static UnixSeqpacket Connect(UnixEndPoint endPoint, UnixConnectOptions? options = null) =>
        new(SocketConnector.Connect(endPoint, options, LibcSocket.SOCK_SEQPACKET));

    /// <summary>Connects (connect(2)).</summary>
    /// <remarks>Cancel safe: a canceled call leaves no connection behind.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="UnixStream.Connect"/>.</exception>
    public static async ValueTask<UnixSeqpacket> ConnectAsync(
        UnixEndPoint endPoint, UnixConnectOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await SocketConnector.ConnectAsync(endPoint, options, LibcSocket.SOCK_SEQPACKET, cancellationToken).ConfigureAwait(false));

    /// <summary>Creates two sockets that are connected to each other, without a name (socketpair(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static (UnixSeqpacket First, UnixSeqpacket Second) CreatePair()
    {
        var (first, second) = SocketContext.CreatePair(LibcSocket.SOCK_SEQPACKET);
        first.PassCredentials();
        second.PassCredentials();
        return (new UnixSeqpacket(first), new UnixSeqpacket(second));
    }

    /// <summary>Creates a socket from a connected one that was made elsewhere; see <see cref="UnixStream.FromDescriptor"/>.</summary>
    /// <exception cref="ArgumentException">Not a local seqpacket socket.</exception>
    public static UnixSeqpacket FromDescriptor(SafeHandle descriptor)
    {
        var context = SocketContext.TryFromHandle(descriptor, LibcSocket.SOCK_SEQPACKET, acceptsDescriptors: false, out var problem)
            ?? throw new ArgumentException(problem, nameof(descriptor));
        context.PassCredentials();
        return new UnixSeqpacket(context);
    }

    /// <summary>Gets the credentials of the process that connected, listened, or made the pair at the other end, as of then.</summary>
    /// <remarks>They are read at the first call and kept. Of a connection to a <see cref="UnixServer"/> that has events they are kept from
    /// accept on, so that they can be read when it is closed.</remarks>
    /// <exception cref="UnixSocketException">The kernel does not report them.</exception>
    public PeerCredentials GetPeerCredentials() => _context.PeerCredentials;

    /// <summary>Opens the process at the other end, which the caller has to dispose of (SO_PEERPIDFD, Linux 6.5).</summary>
    /// <exception cref="UnixSocketException">The kernel does not report them.</exception>
    public PeerProcess OpenPeerProcess() => PeerProcess.Of(_context);

    /// <summary>Sends one record, blocking the thread while there is no room (send(2)).</summary>
    /// <param name="record">The bytes; an empty record is a record too.</param>
    /// <exception cref="UnixSocketException">EPIPE (the peer has closed), EMSGSIZE (larger than the send buffer allows).</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public void Send(ReadOnlySpan<byte> record) => _context.Send(this, new SendMessageCall([]), record);

    /// <summary>Sends one record with descriptors, blocking the thread while there is no room (SCM_RIGHTS, unix(7)).</summary>
    /// <param name="record">The bytes.</param>
    /// <param name="descriptors">Files, sockets, pipes, memory: up to 253.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte})"/>; also EPERM (the peer does not accept descriptors)
    /// and ETOOMANYREFS (too many descriptors in flight).</exception>
    public void Send(ReadOnlySpan<byte> record, IReadOnlyList<SafeHandle> descriptors)
    {
        DescriptorSender.Check(descriptors);
        _context.Send(this, new SendMessageCall(descriptors), record);
    }

    /// <summary>Sends one record, waiting while there is no room (send(2)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="record">The bytes; they must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte})"/>.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> record, CancellationToken cancellationToken = default) =>
        _context.SendAsync(this, new SendMessageCall([]), record, cancellationToken);

    /// <summary>Sends one record with descriptors, waiting while there is no room (SCM_RIGHTS, unix(7)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="record">The bytes; they must not change until the call has ended.</param>
    /// <param name="descriptors">Up to 253; they must stay open until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, IReadOnlyList{SafeHandle})"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> record, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default)
    {
        DescriptorSender.Check(descriptors);
        return _context.SendAsync(this, SendMessageCall.WithCopy(descriptors), record, cancellationToken);
    }

    /// <summary>Sends one record with ancillary data, blocking the thread while there is no room (sendmsg(2)).</summary>
    /// <param name="record">The bytes.</param>
    /// <param name="ancillaryData">Descriptors and credentials.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, IReadOnlyList{SafeHandle})"/>; also EPERM where the
    /// credentials are not ours.</exception>
    public void Send(ReadOnlySpan<byte> record, UnixAncillaryData ancillaryData)
    {
        ArgumentNullException.ThrowIfNull(ancillaryData);
        DescriptorSender.Check(ancillaryData.Descriptors);
        _context.Send(this, new SendMessageCall(ancillaryData.Descriptors, ancillaryData.Credentials?.ToNative()), record);
    }

    /// <summary>Sends one record with ancillary data, waiting while there is no room (sendmsg(2)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="record">The bytes; they must not change until the call has ended.</param>
    /// <param name="ancillaryData">Descriptors, which must stay open until the call has ended, and credentials.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, UnixAncillaryData)"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> record, UnixAncillaryData ancillaryData, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ancillaryData);
        DescriptorSender.Check(ancillaryData.Descriptors);
        var call = SendMessageCall.WithCopy(ancillaryData.Descriptors, ancillaryData.Credentials?.ToNative());
        return _context.SendAsync(this, call, record, cancellationToken);
    }

    /// <summary>Receives the next record, blocking the thread until there is one or the peer has closed.</summary>
    /// <param name="buffer">The buffer for the record; what does not fit is lost, and the result reports it.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted; <see cref="DescriptorOptions.Default"/> when
    /// null.</param>
    /// <exception cref="UnixSocketException">ECONNRESET: the peer closed without reading what we had sent.</exception>
    public UnixMessage Receive(Span<byte> buffer, DescriptorOptions? descriptors = null) =>
        _context.Receive<ReceiveMessageCall, UnixMessage>(this, new ReceiveMessageCall(Wanted(descriptors)), buffer);

    /// <summary>Receives the next record; otherwise as <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing.</remarks>
    /// <param name="buffer">The room for the record; it must stay valid until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReceiveAsync(buffer, null, cancellationToken);

    /// <summary>Receives the next record; otherwise as <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing.</remarks>
    /// <param name="buffer">The room for the record; it must stay valid until the call has ended.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted; <see cref="DescriptorOptions.Default"/> when
    /// null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(
        Memory<byte> buffer, DescriptorOptions? descriptors, CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<ReceiveMessageCall, UnixMessage>(
            this, new ReceiveMessageCall(Wanted(descriptors)), buffer, cancellationToken);

    /// <summary>
    /// Receives the next record into room that is requested at the moment of the receive: a connection that waits holds no buffer.
    /// </summary>
    /// <remarks>
    /// <para>Cancel safe: a canceled call has taken nothing.</para>
    /// <para>Each attempt is one <see cref="IBufferWriter{T}.GetSpan"/> and one <see cref="IBufferWriter{T}.Advance"/>, by 0 where there
    /// was nothing, or an empty record. The attempts of one call never overlap; they come from the caller's thread or from an event
    /// loop's, with a lock of the socket held, so the writer must neither block nor use the socket.</para>
    /// </remarks>
    /// <param name="writer">Supplies the room, as much as a record may have; what does not fit is lost, and the result says so. An
    /// exception that it throws ends the call.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted; <see cref="DescriptorOptions.Default"/> when
    /// null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(
        IBufferWriter<byte> writer, DescriptorOptions? descriptors = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var call = new ReceiveMessageCall(Wanted(descriptors), writer);
        return _context.ReceiveAsync<ReceiveMessageCall, UnixMessage>(this, call, default, cancellationToken);
    }

    /// <summary>Ends the sending direction: the peer receives what was sent so far, then the end (shutdown(2)).</summary>
    /// <exception cref="UnixSocketException">The kernel refused, for example ENOTCONN.</exception>
    public void ShutdownWrite()
    {
        if (LibcSocket.Shutdown(_context, LibcSocket.SHUT_WR) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "shutdown");
    }

    /// <summary>Closes the socket; pending calls end with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _context.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    static UnixSeqpacket IAcceptedSocket<UnixSeqpacket>.Create(SocketContext accepted) => new(accepted);

    private DescriptorOptions? Wanted(DescriptorOptions? descriptors) =>
        _context.AcceptsDescriptors ? descriptors ?? DescriptorOptions.Default : null;
}
