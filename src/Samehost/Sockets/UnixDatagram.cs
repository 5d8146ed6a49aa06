using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.SocketFiles;
using Samehost.Sockets;

namespace Samehost;

/// <summary>
/// A local datagram socket (<c>SOCK_DGRAM</c>, unix(7)): records with their bounds, in order, never lost on the way. A receiver that
/// does not
/// keep up makes senders wait (net.unix.max_dgram_qlen, 10 by default).
/// </summary>
/// <remarks>All members may be used from several threads at once; each datagram goes or comes whole.</remarks>
/// <example><code>
/// await using var server = UnixDatagram.Bind(UnixEndPoint.Parse("/run/app.sock"));
/// var buffer = new byte[65536];
/// var received = await server.ReceiveAsync(buffer);
/// await server.SendToAsync(buffer.AsMemory(0, received.Count), received.Sender);
/// </code></example>
public sealed class UnixDatagram : IDisposable, IAsyncDisposable
{
    private const string SendersUnknown =
        "Datagrams wait that came before the socket told who sends them, so that no policy can judge them. Have systemd set it from the "
        + "start (PassCredentials=yes in the socket unit, otherwise SO_PASSCRED), or take them from anyone.";

    private const string PolicyWanted =
        "An abstract name has no permissions, anybody here can send: say who may with UnixDatagramOptions.PeerPolicy.";

    private readonly DatagramContext _context;
    private readonly SocketFile? _file;
    private UnixEndPoint? _local;

    private UnixDatagram(DatagramContext context, SocketFile? file = null)
    {
        _context = context;
        _file = file;
    }

    /// <summary>Closes a forgotten socket; see <see cref="UnixStream"/>.</summary>
    ~UnixDatagram() => _context?.Dispose();

    /// <summary>The address that others can send to; <see cref="UnixEndPointKind.Unnamed"/> when it was not bound.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= _context.LocalEndPoint();

    /// <summary>Whom <see cref="Connect"/> chose; null before.</summary>
    public UnixEndPoint? RemoteEndPoint => _context.Remote;

    /// <summary>The descriptor, for calls that this library does not have. It stays the socket's: do not close it.</summary>
    public SafeHandle Handle => _context;

    /// <summary>A socket bound to an address, so that others can send to it (bind(2)).</summary>
    /// <param name="local">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/> for a name from the kernel.</param>
    /// <param name="options">What concerns the socket file.</param>
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
            // Before the name is there: nothing may arrive that was not asked for.
            context.Apply(options);
            return new UnixDatagram(context, SocketFile.Bind(context, local, options.SocketFile));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>A socket without an address: it can send, and nobody can answer it.</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static UnixDatagram Create() => new(DatagramContext.Create(null));

    /// <summary>Two sockets connected to each other, without a name (socketpair(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static (UnixDatagram First, UnixDatagram Second) CreatePair()
    {
        var (first, second) = DatagramContext.CreatePair();
        return (new UnixDatagram(first), new UnixDatagram(second));
    }

    /// <summary>
    /// A socket that was made elsewhere, for example inherited. It gets a duplicate of the descriptor; the handle stays the
    /// caller's to close. Its path, if it has one, is never removed.
    /// </summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="options">What concerns its senders; the socket file is as its maker chose.</param>
    /// <exception cref="ArgumentException">Not a local datagram socket, or an abstract name without a policy.</exception>
    /// <exception cref="InvalidOperationException">There is a policy, and datagrams wait already that do not tell who sent them, because
    /// SO_PASSCRED was not set when they came (<c>PassCredentials=yes</c> in a socket unit): they would have to be dropped.</exception>
    public static UnixDatagram FromDescriptor(SafeHandle descriptor, UnixDatagramOptions? options = null)
    {
        var context = DatagramContext.TryFromHandle(descriptor, out string? problem)
            ?? throw new ArgumentException(problem, nameof(descriptor));
        try
        {
            if (options?.PeerPolicy is null && context.LocalEndPoint().Kind == UnixEndPointKind.Abstract)
                throw new ArgumentException(PolicyWanted, nameof(options));
            // Those that came before it was asked for do not say who sent them. They are not to be lost in silence.
            bool isBlind = !context.HasCredentials && LibcPoll.IsReady(context, LibcPoll.POLLIN);
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

    /// <summary>
    /// Chooses whom <see cref="Send"/> and <see cref="SendAsync"/> send to, and to receive from it alone (connect(2)). May be called again
    /// to choose another.
    /// </summary>
    /// <exception cref="UnixSocketException">ENOENT, ECONNREFUSED, EACCES, EPROTOTYPE, or EPERM (the receiver is connected to
    /// somebody else).</exception>
    public void Connect(UnixEndPoint remote)
    {
        CheckNamed(remote);
        if (_context.Connect(remote) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "connect", remote);
    }

    /// <summary>Receives the next datagram, blocking the thread until there is one (recvfrom(2)).</summary>
    /// <param name="buffer">Where it goes. What does not fit is lost, and the result says so.</param>
    /// <exception cref="UnixSocketException">ECONNRESET on a connected socket whose peer has closed with unread datagrams.</exception>
    public UnixDatagramReceiveResult Receive(Span<byte> buffer) =>
        _context.Receive<ReceiveCall, UnixDatagramReceiveResult>(this, default, buffer);

    /// <summary>Receives the next datagram (recvfrom(2)).</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing; a datagram reported as received is received.</remarks>
    /// <param name="buffer">Where it goes. What does not fit is lost, and the result says so.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">ECONNRESET on a connected socket whose peer has closed with unread datagrams.</exception>
    public ValueTask<UnixDatagramReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<ReceiveCall, UnixDatagramReceiveResult>(this, default, buffer, cancellationToken);

    /// <summary>
    /// Sends one datagram to the connected peer, blocking the thread while its queue is full. A receiver that was restarted since is
    /// connected to anew.
    /// </summary>
    /// <exception cref="UnixSocketException">ECONNREFUSED or ENOENT (the receiver is gone), EMSGSIZE (larger than the send buffer allows),
    /// ENOTCONN (<see cref="Connect"/> was not called).</exception>
    public void Send(ReadOnlySpan<byte> datagram) => _context.Send(this, new SendCall(), datagram);

    /// <summary>Sends one datagram to the connected peer, waiting while its queue is full; otherwise as <see cref="Send"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken = default) =>
        _context.SendAsync(this, new SendCall(), datagram, cancellationToken);

    /// <summary>Sends one datagram to an address, blocking the thread while the receiver's queue is full (sendto(2)).</summary>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED (nobody is there), EACCES, EPROTOTYPE, EMSGSIZE, EPERM (the receiver is
    /// connected to somebody else).</exception>
    public void SendTo(ReadOnlySpan<byte> datagram, UnixEndPoint remote)
    {
        CheckNamed(remote);
        SendOrWait(datagram, new SendToCall(null, remote));
    }

    /// <summary>Sends one datagram to an address, waiting while the receiver's queue is full (sendto(2)).</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <param name="datagram">The bytes; they must not change until the call has ended.</param>
    /// <param name="remote">A path or an abstract name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="SendTo"/>.</exception>
    public ValueTask SendToAsync(ReadOnlyMemory<byte> datagram, UnixEndPoint remote, CancellationToken cancellationToken = default)
    {
        CheckNamed(remote);
        return SendOrWaitAsync(datagram, new SendToCall(null, remote), cancellationToken);
    }

    /// <summary>Receives the next datagram with what came beside it, blocking the thread until there is one (recvmsg(2)).</summary>
    /// <param name="buffer">Where it goes. What does not fit is lost, and the result says so.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted; <see cref="DescriptorOptions.Default"/> when
    /// null.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public UnixMessage ReceiveMessage(Span<byte> buffer, DescriptorOptions? descriptors = null) =>
        _context.Receive<ReceiveMessageCall, UnixMessage>(this, new ReceiveMessageCall(Wanted(descriptors)), buffer);

    /// <summary>Receives the next datagram with what came beside it; otherwise as <see cref="ReceiveMessage"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveMessageAsync(
        Memory<byte> buffer, DescriptorOptions? descriptors = null, CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<ReceiveMessageCall, UnixMessage>(
            this, new ReceiveMessageCall(Wanted(descriptors)), buffer, cancellationToken);

    /// <summary>Sends one datagram with what goes beside it, blocking the thread while the queue is full.</summary>
    /// <param name="datagram">The bytes; may be empty.</param>
    /// <param name="ancillary">Descriptors and credentials.</param>
    /// <param name="remote">Whom to; the connected peer when null.</param>
    /// <exception cref="UnixSocketException">As <see cref="SendTo"/>; also EPERM (credentials that are not ours, or a receiver that does
    /// not
    /// accept descriptors) and ETOOMANYREFS (too many descriptors in flight).</exception>
    public void SendMessage(ReadOnlySpan<byte> datagram, UnixAncillaryData ancillary, UnixEndPoint? remote = null)
    {
        Check(ancillary, remote);
        SendOrWait(datagram, new SendToCall(ancillary, remote));
    }

    /// <summary>Sends one datagram with what goes beside it; otherwise as <see cref="SendMessage"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="SendMessage"/>.</exception>
    public ValueTask SendMessageAsync(
        ReadOnlyMemory<byte> datagram, UnixAncillaryData ancillary, UnixEndPoint? remote = null, CancellationToken cancellationToken = default)
    {
        Check(ancillary, remote);
        return SendOrWaitAsync(datagram, new SendToCall(ancillary, remote), cancellationToken);
    }

    /// <summary>Receives the datagrams that are there, at least one, blocking the thread until there is one (recvmmsg(2)).</summary>
    /// <param name="batch">Where they go; what it held is gone.</param>
    /// <returns>How many there are in the batch now.</returns>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public int ReceiveBatch(UnixDatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _context.Receive<ReceiveBatchCall, int>(this, new ReceiveBatchCall(batch), default);
    }

    /// <summary>Receives the datagrams that are there, at least one; otherwise as <see cref="ReceiveBatch"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<int> ReceiveBatchAsync(UnixDatagramBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _context.ReceiveAsync<ReceiveBatchCall, int>(this, new ReceiveBatchCall(batch), default, cancellationToken);
    }

    /// <summary>Sends all datagrams of a batch to the connected peer, in order, blocking the thread while its queue is full
    /// (sendmmsg(2)).</summary>
    /// <param name="batch">What was added to it, or what it received: that is then sent on, as far as it is there.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>; those before the one that failed have been sent.</exception>
    public void SendBatch(UnixDatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.PrepareToSend();
        _context.Send(this, new SendBatchCall(batch), default);
    }

    /// <summary>Sends all datagrams of a batch to the connected peer, in order, waiting while its queue is full (sendmmsg(2)).</summary>
    /// <remarks>Not cancel safe: a cancelled call may have sent some of them, the first ones.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>; those before the one that failed have been sent.</exception>
    public ValueTask SendBatchAsync(UnixDatagramBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.PrepareToSend();
        return _context.SendAsync(this, new SendBatchCall(batch), default, cancellationToken);
    }

    /// <summary>Removes the path if it is still ours, and closes; calls that wait end with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _file?.Dispose(); // first: while the socket lives nobody takes the path for stale
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

    private static void CheckNamed(UnixEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        if (remote.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
            throw new ArgumentException("Nobody can be reached at an address without a name.", nameof(remote));
    }

    private static void Check(UnixAncillaryData ancillary, UnixEndPoint? remote)
    {
        ArgumentNullException.ThrowIfNull(ancillary);
        DescriptorSender.Check(ancillary.Descriptors);
        if (remote is not null)
            CheckNamed(remote);
    }

    private DescriptorOptions? Wanted(DescriptorOptions? descriptors) =>
        _context.AcceptsDescriptors ? descriptors ?? DescriptorOptions.Default : null;

    private void SendOrWait(ReadOnlySpan<byte> datagram, SendToCall call)
    {
        int result = call.Try(_context, datagram);
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
        int result = _context.IsDisposed ? SocketContext.Again : call.Try(_context, datagram.Span);
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
