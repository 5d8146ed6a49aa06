using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>Accepts the connections of a local stream socket (unix(7)).</summary>
/// <remarks>
/// A path is bound safely: with mode 0600 from its first moment, replacing only a stale socket file, and removed at close only while it is
/// still ours.
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
    private readonly ListenerContext _context;

    internal UnixListener(ListenerContext context) => _context = context;

    /// <summary>Closes a listener that was not disposed of.</summary>
    ~UnixListener() => _context?.Dispose();

    /// <summary>Gets the address that clients connect to; for an autobind request, the name that the kernel has chosen.</summary>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public UnixEndPoint LocalEndPoint => _context.EndPoint;

    /// <summary>Gets the descriptor, for calls that this library does not have. Disposing of it closes the listener.</summary>
    public SafeHandle SafeHandle => _context;

    /// <summary>Gives the socket to a server, which closes it from now on.</summary>
    internal ListenerContext Detach()
    {
#pragma warning disable CA1816 // the server disposes of the socket
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        return _context;
    }

    /// <summary>Binds an address and listens on it (bind(2), listen(2)).</summary>
    /// <param name="endPoint">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/>.</param>
    /// <param name="options">Backlog, and what concerns the socket file.</param>
    /// <exception cref="UnixSocketException">EADDRINUSE (another socket listens there, or the path is not a socket file, which is
    /// left untouched), EACCES, ENOENT, ENOTDIR, EROFS, EMFILE, ENAMETOOLONG; <see cref="UnixSocketException.Hint"/> says what to look
    /// at.</exception>
    public static UnixListener Listen(UnixEndPoint endPoint, UnixListenerOptions? options = null) =>
        new(ListenerContext.Listen(endPoint, options, LibcSocket.SOCK_STREAM));

    /// <summary>
    /// Creates a listener from a listening socket that was made elsewhere, for example inherited. The descriptor is duplicated, and the
    /// caller still owns it. Its path, if it has one, is never removed.
    /// </summary>
    /// <param name="descriptor">The listening socket.</param>
    /// <param name="options">Who may connect, and whether descriptors are received; those of backlog and socket file do not apply.</param>
    /// <exception cref="ArgumentException">Not a local stream socket, not listening, or an abstract name without a policy.</exception>
    public static UnixListener FromDescriptor(SafeHandle descriptor, UnixListenerOptions? options = null) =>
        new(ListenerContext.TryFromHandle(descriptor, options, LibcSocket.SOCK_STREAM, out var problem)
            ?? throw new ArgumentException(problem, nameof(descriptor)));

    /// <summary>Accepts the next connection, blocking the thread until there is one (accept(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left; the connection stays in the backlog. EINVAL: the
    /// socket was shut down.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public UnixStream Accept() => _context.Receive<AcceptCall<UnixStream>, UnixStream>(this, default, default);

    /// <summary>Accepts the next connection (accept(2)).</summary>
    /// <remarks>Cancel safe: no connection is lost to a canceled call.</remarks>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left; the connection stays in the backlog. EINVAL: the
    /// socket was shut down.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public ValueTask<UnixStream> AcceptAsync(CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<AcceptCall<UnixStream>, UnixStream>(this, default, default, cancellationToken);

    /// <summary>Removes the path if it is still ours, and closes. Connections in the backlog are reset; accepted ones live on.</summary>
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
}
