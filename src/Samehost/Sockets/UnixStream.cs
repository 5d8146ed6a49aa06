using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>
/// Reads and writes the bytes of a connected local stream socket (<c>SOCK_STREAM</c>, unix(7)), in order and without record bounds.
/// </summary>
/// <remarks>
/// <para>One read and one write may be in progress at the same time; further asynchronous ones wait until those before them have completed.
/// Blocking calls in one direction must not overlap.</para>
/// <para>Continuations of asynchronous calls run on the event loop's thread. They may block: another thread then serves the
/// other sockets.</para>
/// <para>Like every <see cref="Stream"/>, reads and writes report failure as <see cref="IOException"/>; its
/// <see cref="Exception.InnerException"/> is the <see cref="UnixSocketException"/> with the errno.</para>
/// </remarks>
/// <example><code>
/// await using var stream = await UnixStream.ConnectAsync(UnixEndPoint.Parse("/run/app.sock"));
/// await stream.WriteAsync("g1\n"u8.ToArray());
/// using var reader = new StreamReader(stream);
/// Console.WriteLine(await reader.ReadLineAsync());
/// </code></example>
public sealed partial class UnixStream : Stream, IAcceptedSocket<UnixStream>
{
    private readonly SocketContext _context;
    private UnixEndPoint? _local;
    private UnixEndPoint? _remote;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    internal UnixStream(SocketContext context) => _context = context;

    /// <summary>Closes a stream that was not disposed of; the event loop refers to the context, and not to this object.</summary>
    ~UnixStream() => Dispose(disposing: false);

    /// <summary>Gets the address of this end; <see cref="UnixEndPointKind.Unnamed"/> for most clients (getsockname(2)).</summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= _context.LocalEndPoint();

    /// <summary>
    /// Gets the address of the other end (getpeername(2)), which the peer chooses: it does not identify the peer.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public UnixEndPoint RemoteEndPoint => _remote ??= _context.RemoteEndPoint();

    /// <summary>Gets the descriptor, for calls that this library does not have. Disposing of it closes the stream.</summary>
    public SafeHandle SafeHandle => _context;

    internal SocketContext Context => _context;

    /// <summary>Connects to a listening stream socket, blocking the thread where it has to wait (connect(2)).</summary>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">How long to wait, and for which server.</param>
    /// <exception cref="UnixSocketException">ENOENT, ECONNREFUSED, EACCES, EPROTOTYPE (a socket of another type is bound there), EAGAIN
    /// (the backlog stayed full), ENOTDIR, ELOOP, EMFILE; <see cref="UnixSocketException.Hint"/> says what to look at.</exception>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static UnixStream Connect(UnixEndPoint endPoint, UnixConnectOptions? options = null) =>
        new(SocketConnector.Connect(endPoint, options, LibcSocket.SOCK_STREAM));

    /// <summary>Connects to a listening stream socket (connect(2)).</summary>
    /// <remarks>Cancel safe: a canceled call leaves no connection behind.</remarks>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">How long to wait, and for which server.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Connect"/>.</exception>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static async ValueTask<UnixStream> ConnectAsync(
        UnixEndPoint endPoint, UnixConnectOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await SocketConnector.ConnectAsync(endPoint, options, LibcSocket.SOCK_STREAM, cancellationToken).ConfigureAwait(false));

    /// <summary>Creates two streams that are connected to each other, without a name (socketpair(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static (UnixStream First, UnixStream Second) CreatePair()
    {
        var (first, second) = SocketContext.CreatePair(LibcSocket.SOCK_STREAM);
        return (new UnixStream(first), new UnixStream(second));
    }

    /// <summary>
    /// Creates a stream from a connected socket that was made elsewhere, for example inherited. The descriptor is duplicated, and the
    /// caller still owns it. The socket becomes non-blocking for all processes that share it (fcntl(2)).
    /// </summary>
    /// <exception cref="ArgumentException">Not a local stream socket, or one that listens.</exception>
    public static UnixStream FromDescriptor(SafeHandle descriptor) =>
        TryFromDescriptor(descriptor, mustBeConnected: false, out var problem)
            ?? throw new ArgumentException(problem, nameof(descriptor));

    /// <summary>As <see cref="FromDescriptor"/>, for one that another process has sent: null where something is wrong with it.</summary>
    /// <exception cref="UnixSocketException">EMFILE: no descriptor left.</exception>
    internal static UnixStream? TryFromDescriptor(SafeHandle descriptor, bool mustBeConnected, out string? problem)
    {
        if (SocketContext.TryFromHandle(descriptor, LibcSocket.SOCK_STREAM, acceptsDescriptors: false, out problem) is not { } context)
            return null;
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        if (LibcSocketOptions.Get(context, LibcSocketOptions.SO_ACCEPTCONN, out var listening) >= 0 && listening != 0)
            problem = "The socket listens; use UnixListener.FromDescriptor for it.";
        else if (mustBeConnected && LibcSocket.GetPeerName(context, address) < 0)
            problem = "The socket is not connected.";
        else
            return new UnixStream(context);
        context.Dispose();
        return null;
    }

    /// <summary>
    /// Creates a stream from the connection of a runtime <see cref="Socket"/>, which should not be used afterwards. The descriptor is
    /// duplicated; dispose of the socket when convenient.
    /// </summary>
    /// <exception cref="ArgumentException">Not a local stream socket.</exception>
    public static UnixStream FromSocket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return FromDescriptor(socket.SafeHandle);
    }

    /// <summary>Moves the connection to a runtime <see cref="Socket"/> and closes this stream, which ends its pending calls.</summary>
    /// <exception cref="UnixSocketException">EMFILE: no descriptor left; the stream is as it was.</exception>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public Socket ToSocket()
    {
        if (LibcFcntl.Duplicate(_context, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        // The runtime's Socket starts out blocking and switches by itself when it is used asynchronously.
        _ = LibcFcntl.SetNonBlocking(duplicate!, nonBlocking: false);
        var socket = new Socket(new SafeSocketHandle(duplicate!.Detach(), ownsHandle: true));
        Dispose();
        return socket;
    }

    /// <summary>True until the stream is closed.</summary>
    public override bool CanRead => !_context.IsDisposed;

    /// <summary>True until the stream is closed.</summary>
    public override bool CanWrite => !_context.IsDisposed;

    /// <summary>
    /// Whether the peer has closed its socket, or shut down both directions, rather than only ended its sending direction (POLLHUP,
    /// poll(2)). A read that returned 0 does not distinguish the two: after <see cref="ShutdownWrite"/> a peer can still receive. What
    /// the peer sent before it closed can still be read.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public bool IsPeerClosed => LibcPoll.IsReady(_context, LibcPoll.POLLHUP);

    /// <summary>Always false.</summary>
    public override bool CanSeek => false;

    /// <summary>Always true.</summary>
    public override bool CanTimeout => true;

    /// <summary>Milliseconds after which a blocking read fails with ETIMEDOUT; −1, the default, is no limit. Asynchronous
    /// reads end by their token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, or below −1.</exception>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = CheckTimeout(value);
    }

    /// <summary>Milliseconds after which a blocking write fails with ETIMEDOUT; −1, the default, is no limit. Part of the bytes may
    /// have been sent by then.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, or below −1.</exception>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = CheckTimeout(value);
    }

    /// <summary>
    /// Gets or sets the limit on what is sent and not yet read, in bytes of the kernel's memory, which counts its own records too
    /// (SO_SNDBUF, socket(7)). A stream that was connected, accepted or paired here begins with net.core.wmem_default (208 KiB) and takes 1
    /// MiB once a write of 16 KiB or more finds no room; setting the property fixes it. More than twice net.core.wmem_max is not given.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    /// <exception cref="UnixSocketException">getsockopt or setsockopt failed.</exception>
    public int SendBufferSize
    {
        get => _context.SendBufferSize;
        set => _context.SendBufferSize = value;
    }

    /// <summary>Gets or sets the limit on what has been received and not yet read, in bytes of the kernel's memory (SO_RCVBUF, socket(7)).
    /// Linux does not apply it to local stream and seqpacket sockets, where the sender's buffer counts, and not to datagrams, where
    /// net.unix.max_dgram_qlen does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    /// <exception cref="UnixSocketException">getsockopt or setsockopt failed.</exception>
    public int ReceiveBufferSize
    {
        get => _context.ReceiveBufferSize;
        set => _context.ReceiveBufferSize = value;
    }

    /// <summary>Not supported: a stream socket has no length.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw NoSeeking();

    /// <summary>Not supported: a stream socket has no position.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw NoSeeking();
        set => throw NoSeeking();
    }

    /// <summary>Ends the sending direction: the peer reads the bytes sent so far, then the end of the stream (shutdown(2)).</summary>
    /// <exception cref="UnixSocketException">The kernel refused, for example ENOTCONN.</exception>
    public void ShutdownWrite() => Shutdown(LibcSocket.SHUT_WR);

    /// <summary>Ends the receiving direction: reads return what had arrived, then the end; the peer's writes fail with EPIPE.</summary>
    /// <exception cref="UnixSocketException">The kernel refused, for example ENOTCONN.</exception>
    public void ShutdownRead() => Shutdown(LibcSocket.SHUT_RD);

    /// <summary>Does nothing: every write goes to the kernel at once.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: every write goes to the kernel at once.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw NoSeeking();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw NoSeeking();

    /// <summary>Closes the socket; pending calls end with <see cref="ObjectDisposedException"/>. Safe to call twice, and from
    /// any thread.</summary>
    protected override void Dispose(bool disposing)
    {
        _context?.Dispose();
        base.Dispose(disposing);
    }

    static UnixStream IAcceptedSocket<UnixStream>.Create(SocketContext accepted) => new(accepted);

    private static int CheckTimeout(int milliseconds)
    {
        if (milliseconds != Timeout.Infinite)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(milliseconds);
        return milliseconds;
    }

    private static NotSupportedException NoSeeking() => new("A socket has no position.");

    private void Shutdown(int how)
    {
        if (LibcSocket.Shutdown(_context, how) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "shutdown");
    }
}
