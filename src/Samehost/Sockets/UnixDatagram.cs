using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.SocketFiles;
using Samehost.Sockets;

namespace Samehost;

/// <summary>
/// Sends and receives the datagrams of a local socket (<c>SOCK_DGRAM</c>, unix(7)): with their bounds, in order, and never lost on the way.
/// A receiver that does not keep up makes senders wait (net.unix.max_dgram_qlen, 10 by default).
/// </summary>
/// <remarks>All members may be used from several threads at once; each datagram goes or comes whole.</remarks>
/// <example><code>
/// await using var server = UnixDatagram.Bind(UnixEndPoint.Parse("/run/app.sock"));
/// var buffer = new byte[65536];
/// using var received = await server.ReceiveAsync(buffer);
/// await server.SendToAsync(buffer.AsMemory(0, received.Count), received.Sender);
/// </code></example>
public sealed class UnixDatagram : IDisposable, IAsyncDisposable
{
    private const string SendersUnknown =
        "Datagrams are queued that came before SO_PASSCRED was set, without the credentials that the policy needs. Have systemd set it "
        + "from the start (PassCredentials=yes in the socket unit), or allow anyone.";

    private const string PolicyWanted =
        "An abstract name has no permissions, so every process here can send: set UnixDatagramOptions.PeerPolicy.";

    private readonly DatagramContext _context;
    private readonly SocketFile? _file;
    private UnixEndPoint? _local;

    private UnixDatagram(DatagramContext context, SocketFile? file = null)
    {
        _context = context;
        _file = file;
    }

    /// <summary>Closes a socket that was not disposed of.</summary>
    ~UnixDatagram() => _context?.Dispose();

    /// <summary>Gets the address that others can send to; <see cref="UnixEndPointKind.Unnamed"/> for a socket that is not bound.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= _context.LocalEndPoint();

    /// <summary>Gets the connected receiver; null before <see cref="Connect"/>.</summary>
    public UnixEndPoint? RemoteEndPoint => _context.Remote;

    /// <summary>Gets the descriptor, for calls that this library does not have. Disposing of it closes the socket.</summary>
    public SafeHandle SafeHandle => _context;

    /// <summary>Gets or sets the limit on what is sent and not yet received, in bytes of the kernel's memory, which counts its own records
    /// too (SO_SNDBUF, socket(7)). It also limits the length of a datagram. At most twice net.core.wmem_max.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    /// <exception cref="UnixSocketException">getsockopt or setsockopt failed.</exception>
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

    /// <summary>Creates a socket and binds it to an address, so that others can send to it (bind(2)).</summary>
    /// <param name="local">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/> for a name from the kernel.</param>
    /// <param name="options">The options for the socket file and the senders.</param>
    /// <exception cref="UnixSocketException">EADDRINUSE, EACCES, ENOENT, ENOTDIR, EROFS, EMFILE, as for
    /// <see cref="UnixListener.Listen"/>.</exception>
    public static UnixDatagram Bind(UnixEndPoint local, UnixDatagramOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        if (local.Kind == UnixEndPointKind.Unnamed)
            throw new ArgumentException("Use Create for a socket without a name, or Autobind for a name from the kernel.", nameof(local));
        options ??= UnixDatagramOptions.Default;
        if (local.Kind != UnixEndPointKind.Pathname && options.PeerPolicy is null)
            throw new ArgumentException(PolicyWanted, nameof(options));
        if (options.SocketFile.ReplaceLive)
        {
            throw new ArgumentException(
                "ReplaceLive is for listeners: answers to a datagram would go to the name for the time being.", nameof(options));
        }
        var context = DatagramContext.Create(local);
        try
        {
            // Before the bind: nothing may arrive that was not requested.
            context.Apply(options);
            return new UnixDatagram(context, SocketFile.Bind(context, local, options.SocketFile));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Creates a socket without an address, which can send, and to which no answer can be sent.</summary>
    /// <param name="options">What concerns the senders; the options for the socket file do not apply.</param>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static UnixDatagram Create(UnixDatagramOptions? options = null) => new(Initialized(DatagramContext.Create(null), options));

    /// <summary>Creates two sockets that are connected to each other, without a name (socketpair(2)).</summary>
    /// <param name="options">What concerns the senders, for both; the options for the socket file do not apply.</param>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static (UnixDatagram First, UnixDatagram Second) CreatePair(UnixDatagramOptions? options = null)
    {
        var (first, second) = DatagramContext.CreatePair();
        return (new UnixDatagram(Initialized(first, options)), new UnixDatagram(Initialized(second, options)));
    }

    /// <summary>
    /// Creates a socket from a descriptor that was made elsewhere, for example inherited. The descriptor is duplicated, and the caller
    /// still owns it. Its path, if it has one, is never removed.
    /// </summary>
    /// <param name="descriptor">The descriptor of the socket.</param>
    /// <param name="options">What concerns its senders; the options for the socket file do not apply.</param>
    /// <exception cref="ArgumentException">Not a local datagram socket, or an abstract name without a policy.</exception>
    /// <exception cref="InvalidOperationException">There is a policy, and datagrams are queued without credentials, because SO_PASSCRED
    /// was not set when they came (<c>PassCredentials=yes</c> in a socket unit): they would have to be dropped.</exception>
    public static UnixDatagram FromDescriptor(SafeHandle descriptor, UnixDatagramOptions? options = null)
    {
        var context = DatagramContext.TryFromHandle(descriptor, out var problem)
            ?? throw new ArgumentException(problem, nameof(descriptor));
        try
        {
            if (options?.PeerPolicy is null && context.LocalEndPoint().Kind == UnixEndPointKind.Abstract)
                throw new ArgumentException(PolicyWanted, nameof(options));
            // Datagrams that came before SO_PASSCRED was set have no credentials; the policy would drop them silently.
            var isBlind = !context.HasCredentials && LibcPoll.IsReady(context, LibcPoll.POLLIN);
            if (options is not null)
                context.Apply(options);
            if (isBlind && context.Policy is not null)
                throw new InvalidOperationException(SendersUnknown);
            return new UnixDatagram(context);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the receiver of what is sent without an address, and receives from it alone (connect(2)). It may be called
    /// again, for another receiver.</summary>
    /// <param name="remote">A path or an abstract name.</param>
    /// <exception cref="UnixSocketException">ENOENT, ECONNREFUSED, EACCES, EPROTOTYPE, or EPERM (the receiver is connected to
    /// another socket).</exception>
    public void Connect(UnixEndPoint remote)
    {
        CheckNamed(remote);
        if (_context.Connect(remote) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "connect", remote) { SocketType = LibcSocket.SOCK_DGRAM };
    }

    /// <summary>Receives the next datagram, blocking the thread until there is one (recvmsg(2)).</summary>
    /// <param name="buffer">The room for the datagram; what does not fit is lost, and the result reports it.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted (<see cref="UnixDatagramOptions.AcceptDescriptors"/>);
    /// <see cref="DescriptorOptions.Default"/> when null.</param>
    /// <returns>The number of bytes, the sender's address, and the ancillary data that the socket was created for.</returns>
    /// <exception cref="UnixSocketException">ECONNRESET on a connected socket whose peer has closed with unread datagrams.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public UnixMessage Receive(Span<byte> buffer, DescriptorOptions? descriptors = null) =>
        _context.Receive<ReceiveMessageCall, UnixMessage>(this, new ReceiveMessageCall(Wanted(descriptors)), buffer);

    /// <summary>Receives the next datagram (recvmsg(2)); otherwise as <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing.</remarks>
    /// <param name="buffer">The room for the datagram; it must stay valid until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReceiveAsync(buffer, null, cancellationToken);

    /// <summary>Receives the next datagram (recvmsg(2)); otherwise as <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing.</remarks>
    /// <param name="buffer">The room for the datagram; it must stay valid until the call has ended.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted; <see cref="DescriptorOptions.Default"/> when
    /// null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(
        Memory<byte> buffer, DescriptorOptions? descriptors, CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<ReceiveMessageCall, UnixMessage>(
            this, new ReceiveMessageCall(Wanted(descriptors)), buffer, cancellationToken);

    /// <summary>
    /// Sends one datagram to the connected peer, blocking the thread while its queue is full (send(2)). A receiver that was restarted since
    /// is connected to anew.
    /// </summary>
    /// <param name="datagram">The bytes; may be empty.</param>
    /// <exception cref="UnixSocketException">ECONNREFUSED or ENOENT (no receiver), EMSGSIZE (larger than the send buffer allows), ENOTCONN
    /// (<see cref="Connect"/> was not called).</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public void Send(ReadOnlySpan<byte> datagram) => _context.Send(this, new SendCall(), datagram);

    /// <summary>Sends one datagram with descriptors to the connected peer, blocking the thread while its queue is full (SCM_RIGHTS,
    /// unix(7)).</summary>
    /// <param name="datagram">The bytes; may be empty.</param>
    /// <param name="descriptors">Files, sockets, pipes, memory: up to 253.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, UnixAncillaryData, UnixEndPoint?)"/>.</exception>
    public void Send(ReadOnlySpan<byte> datagram, IReadOnlyList<SafeHandle> descriptors) =>
        Send(datagram, new UnixAncillaryData { Descriptors = descriptors });

    /// <summary>Sends one datagram with ancillary data, blocking the thread while the receiver's queue is full (sendmsg(2)).</summary>
    /// <param name="datagram">The bytes; may be empty.</param>
    /// <param name="ancillaryData">Descriptors and credentials.</param>
    /// <param name="remote">The receiver; the connected peer when null.</param>
    /// <exception cref="UnixSocketException">As <see cref="SendTo"/>; also EPERM (credentials that are not ours, or a receiver that does
    /// not accept descriptors) and ETOOMANYREFS (too many descriptors in flight).</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public void Send(ReadOnlySpan<byte> datagram, UnixAncillaryData ancillaryData, UnixEndPoint? remote = null)
    {
        Check(ancillaryData, remote);
        SendOrWait(datagram, new SendToCall(ancillaryData, remote));
    }

    /// <summary>Sends one datagram to the connected peer, waiting while its queue is full (send(2)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte})"/>.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken = default) =>
        _context.SendAsync(this, new SendCall(), datagram, cancellationToken);

    /// <summary>Sends one datagram with descriptors to the connected peer, waiting while its queue is full (SCM_RIGHTS, unix(7)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="descriptors">Up to 253; they must stay open until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, UnixAncillaryData, UnixEndPoint?)"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> datagram, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default) =>
        SendAsync(datagram, new UnixAncillaryData { Descriptors = descriptors }, null, cancellationToken);

    /// <summary>Sends one datagram with ancillary data, waiting while the receiver's queue is full (sendmsg(2)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="ancillaryData">Descriptors, which must stay open until the call has ended, and credentials.</param>
    /// <param name="remote">The receiver; the connected peer when null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte}, UnixAncillaryData, UnixEndPoint?)"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> datagram, UnixAncillaryData ancillaryData, UnixEndPoint? remote = null,
        CancellationToken cancellationToken = default)
    {
        Check(ancillaryData, remote);
        return SendOrWaitAsync(datagram, new SendToCall(ancillaryData, remote), cancellationToken);
    }

    /// <summary>Sends one datagram to an address, blocking the thread while the receiver's queue is full (sendto(2)).</summary>
    /// <param name="datagram">The bytes; may be empty.</param>
    /// <param name="remote">A path or an abstract name.</param>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED (no receiver), EACCES, EPROTOTYPE, EMSGSIZE, EPERM (the receiver is
    /// connected to another socket).</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public void SendTo(ReadOnlySpan<byte> datagram, UnixEndPoint remote)
    {
        CheckNamed(remote);
        SendOrWait(datagram, new SendToCall(null, remote));
    }

    /// <summary>Sends one datagram to an address, waiting while the receiver's queue is full (sendto(2)).</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="remote">A path or an abstract name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="SendTo"/>.</exception>
    public ValueTask SendToAsync(ReadOnlyMemory<byte> datagram, UnixEndPoint remote, CancellationToken cancellationToken = default)
    {
        CheckNamed(remote);
        return SendOrWaitAsync(datagram, new SendToCall(null, remote), cancellationToken);
    }

    /// <summary>Receives the datagrams that are queued, at least one, blocking the thread until there is one (recvmmsg(2)).</summary>
    /// <param name="batch">The room for the datagrams; its previous content is discarded.</param>
    /// <returns>The number of datagrams in the batch.</returns>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public int ReceiveBatch(UnixDatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _context.Receive<ReceiveBatchCall, int>(this, new ReceiveBatchCall(batch), default);
    }

    /// <summary>Receives the datagrams that are queued, at least one; otherwise as <see cref="ReceiveBatch"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has taken nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<int> ReceiveBatchAsync(UnixDatagramBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _context.ReceiveAsync<ReceiveBatchCall, int>(this, new ReceiveBatchCall(batch), default, cancellationToken);
    }

    /// <summary>Sends all datagrams of a batch to the connected peer, in order, blocking the thread while its queue is full
    /// (sendmmsg(2)).</summary>
    /// <param name="batch">The datagrams that were added to it, or that it received and that are forwarded, without what was
    /// truncated.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte})"/>; those before the one that failed have been
    /// sent.</exception>
    public void SendBatch(UnixDatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.PrepareToSend();
        _context.Send(this, new SendBatchCall(batch), default);
    }

    /// <summary>Sends all datagrams of a batch to the connected peer, in order, waiting while its queue is full (sendmmsg(2)).</summary>
    /// <remarks>Not cancel safe: a canceled call may have sent some of them, the first ones.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Send(ReadOnlySpan{byte})"/>; those before the one that failed have been
    /// sent.</exception>
    public ValueTask SendBatchAsync(UnixDatagramBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.PrepareToSend();
        return _context.SendAsync(this, new SendBatchCall(batch), default, cancellationToken);
    }

    /// <summary>Removes the path if it is still ours, and closes the socket; pending calls end with
    /// <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _file?.Dispose(); // first: while the socket is open the path is not stale
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

    private static DatagramContext Initialized(DatagramContext context, UnixDatagramOptions? options)
    {
        if (options is not null)
            context.Apply(options);
        return context;
    }

    private static void CheckNamed(UnixEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        if (remote.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
            throw new ArgumentException("An address without a name cannot be reached.", nameof(remote));
    }

    private static void Check(UnixAncillaryData ancillaryData, UnixEndPoint? remote)
    {
        ArgumentNullException.ThrowIfNull(ancillaryData);
        DescriptorSender.Check(ancillaryData.Descriptors);
        if (remote is not null)
            CheckNamed(remote);
    }

    private DescriptorOptions? Wanted(DescriptorOptions? descriptors) =>
        _context.AcceptsDescriptors ? descriptors ?? DescriptorOptions.Default : null;

    private void SendOrWait(ReadOnlySpan<byte> datagram, SendToCall call)
    {
        var result = call.Try(_context, datagram);
        if (result == SocketContext.Again)
        {
            var waiter = _context.AddWaiter(call.Receiver(_context));
            try
            {
                do
                {
                    waiter.Wait();
                    result = call.Try(_context, datagram);
                }
                while (result == SocketContext.Again);
            }
            finally
            {
                _context.RemoveWaiter(waiter);
            }
        }

        if (result < 0)
            throw call.CreateException(_context, result);
    }

    private ValueTask SendOrWaitAsync(ReadOnlyMemory<byte> datagram, SendToCall call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        var result = _context.IsDisposed ? SocketContext.Again : call.Try(_context, datagram.Span);
        return result == SocketContext.Again ? SendWhenRoomAsync(datagram, call, cancellationToken)
            : result >= 0 ? ValueTask.CompletedTask
            : ValueTask.FromException(call.CreateException(_context, result));
    }

    private async ValueTask SendWhenRoomAsync(ReadOnlyMemory<byte> datagram, SendToCall call, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_context.IsDisposed, this);
        var waiter = _context.AddWaiter(call.Receiver(_context));
        int result;
        try
        {
            do
            {
                await waiter.WaitAsync(cancellationToken).ConfigureAwait(false);
                result = call.Try(_context, datagram.Span);
            }
            while (result == SocketContext.Again);
        }
        finally
        {
            _context.RemoveWaiter(waiter);
        }

        if (result < 0)
            throw call.CreateException(_context, result);
    }
}
