using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.SocketFiles;
using Samehost.Sockets;

namespace Samehost;

/// <summary>A local stream socket that accepts connections (unix(7)).</summary>
/// <remarks>
/// A path is bound safely: with mode 0600 from its first moment, replacing only a socket file that nobody serves, and removed at close
/// only while it is still ours.
/// </remarks>
/// <example><code>
/// await using var listener = UnixListener.Listen(UnixEndPoint.Parse("/run/app.sock"));
/// while (true)
/// {
///     await using var stream = await listener.AcceptAsync();
///     await stream.WriteAsync("hello\n"u8.ToArray());
/// }
/// </code></example>
public sealed class UnixListener : IDisposable, IAsyncDisposable
{
    private readonly SocketFile? _file;
    private UnixEndPoint? _local;
    internal OperationSlot<AcceptOperation> Accepts;

    private UnixListener(SocketCore core, SocketFile? file)
    {
        Core = core;
        _file = file;
    }

    /// <summary>The address that clients connect to; for an autobind request, the name that the kernel gave.</summary>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= Core.LocalEndPoint();

    /// <summary>The descriptor, for calls that this library does not have. It stays the listener's: do not close it.</summary>
    public SafeHandle Handle => Core.Descriptor;

    internal SocketCore Core { get; }

    /// <summary>Binds an address and listens on it (bind(2), listen(2)).</summary>
    /// <param name="endPoint">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/>.</param>
    /// <param name="options">Backlog, and what concerns the socket file.</param>
    /// <exception cref="UnixSocketException">EADDRINUSE (somebody listens there, or something that is not a socket is there, which is
    /// left untouched), EACCES, ENOENT, ENOTDIR, EROFS, EMFILE; <see cref="UnixSocketException.Hint"/> says what to look at.</exception>
    public static UnixListener Listen(UnixEndPoint endPoint, UnixListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= UnixListenerOptions.Default;
        if (endPoint.Kind == UnixEndPointKind.Unnamed)
            throw new ArgumentException(
                "Nobody can reach a listener without a name; use Autobind for a name from the kernel.", nameof(endPoint));
        ArgumentOutOfRangeException.ThrowIfNegative(options.Backlog, nameof(options));

        var core = SocketCore.Create(LibcSocket.SOCK_STREAM, endPoint);
        SocketFile? file = null;
        try
        {
            file = SocketFile.Bind(core.Descriptor, endPoint, options.SocketFile);
            if (LibcSocket.Listen(core.Descriptor, options.Backlog) is < 0 and var errno)
                throw new UnixSocketException((Errno)(-errno), "listen", endPoint);
            return new UnixListener(core, file);
        }
        catch
        {
            file?.Dispose();
            core.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A listener on a listening socket that was made elsewhere, for example inherited. It gets a duplicate of the descriptor; the handle
    /// stays the caller's to close. Its path, if it has one, is never removed.
    /// </summary>
    /// <exception cref="ArgumentException">Not a local stream socket, or not listening.</exception>
    public static UnixListener FromDescriptor(SafeHandle descriptor)
    {
        var core = SocketCore.FromHandle(descriptor, LibcSocket.SOCK_STREAM, "stream");
        if (LibcSocketOptions.Get(core.Descriptor, LibcSocketOptions.SO_ACCEPTCONN, out int listening) >= 0 && listening != 0)
            return new UnixListener(core, null);
        core.Dispose();
        throw new ArgumentException("The socket does not listen; call listen(2) on it before it is handed over.", nameof(descriptor));
    }

    /// <summary>Accepts the next connection, blocking the thread until there is one (accept(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left; the connection stays in the backlog. EINVAL: the
    /// socket was shut down.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public UnixStream Accept()
    {
        var call = new AcceptCall(this);
        int fd = SyncCall.Run(Core, ref call, LibcPoll.POLLIN, ref Core.ReadBudget, Timeout.Infinite);
        return fd >= 0 ? Accepted(fd) : throw AcceptFailure(fd);
    }

    /// <summary>Accepts the next connection (accept(2)).</summary>
    /// <remarks>Cancel safe: no connection is lost to a cancelled call.</remarks>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left; the connection stays in the backlog. EINVAL: the
    /// socket was shut down.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public ValueTask<UnixStream> AcceptAsync(CancellationToken cancellationToken = default) =>
        Core.Readers.Run(Accepts.Take() ?? new AcceptOperation(this), cancellationToken);

    /// <summary>Removes the path if it is still ours, and closes. Connections in the backlog are reset; accepted ones live on.</summary>
    public void Dispose()
    {
        _file?.Dispose(); // first: while the socket lives nobody takes the path for stale
        Core.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Accepts without waiting. Once somebody has shut the socket down nobody can come any more: a blocking accept(2) would say EINVAL, but
    /// a non-blocking one says EAGAIN for ever, while poll(2) calls the socket ready.
    /// </summary>
    internal int TryAccept()
    {
        int fd = LibcSocket.Accept(Core.Descriptor);
        return fd == SyncCall.Again && LibcPoll.IsReady(Core.Descriptor, LibcPoll.POLLRDHUP) ? -(int)Errno.EINVAL : fd;
    }

    // SO_PASSRIGHTS is inherited from the listener, so an accepted socket needs no call of its own.
    internal UnixStream Accepted(int fd) => new(new SocketCore(new Descriptor(fd), Core.RefusesDescriptors));

    internal UnixSocketException AcceptFailure(int result) => new((Errno)(-result), "accept", _local);

    private readonly struct AcceptCall(UnixListener listener) : ISyncCall
    {
        public int Try() => listener.TryAccept();
    }
}
