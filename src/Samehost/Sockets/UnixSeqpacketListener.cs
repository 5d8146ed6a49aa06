using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>Accepts the connections of a local seqpacket socket (unix(7)). A path is bound as safely as by
/// <see cref="UnixListener"/>.</summary>
/// <example><code>
/// await using var listener = UnixSeqpacketListener.Listen(UnixEndPoint.Parse("/run/app.sock"));
/// await using var connection = await listener.AcceptAsync();
/// await connection.SendAsync("hello"u8.ToArray());
/// </code></example>
public sealed class UnixSeqpacketListener : IDisposable, IAsyncDisposable
{
    private readonly ListenerContext _context;

    internal UnixSeqpacketListener(ListenerContext context) => _context = context;

    /// <summary>Closes a listener that was not disposed of.</summary>
    ~UnixSeqpacketListener() => _context?.Dispose();

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
    /// <param name="options">Who may connect, backlog, and what concerns the socket file.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    /// <exception cref="ArgumentException">The address has no name, or an abstract one comes without a policy.</exception>
    public static UnixSeqpacketListener Listen(UnixEndPoint endPoint, UnixListenerOptions? options = null) =>
        new(ListenerContext.Listen(endPoint, options, LibcSocket.SOCK_SEQPACKET));

    /// <summary>Creates a listener from a duplicate of a listening socket that was made elsewhere; see
    /// <see cref="UnixListener.FromDescriptor"/>.</summary>
    /// <exception cref="ArgumentException">Not a local seqpacket socket, not listening, or an abstract name without a policy.</exception>
    public static UnixSeqpacketListener FromDescriptor(SafeHandle descriptor, UnixListenerOptions? options = null) =>
        new(ListenerContext.TryFromHandle(descriptor, options, LibcSocket.SOCK_SEQPACKET, out var problem)
            ?? throw new ArgumentException(problem, nameof(descriptor)));

    /// <summary>Accepts the next connection, blocking the thread until there is one (accept(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left; the connection stays in the backlog.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public UnixSeqpacket Accept() => _context.Receive<AcceptCall<UnixSeqpacket>, UnixSeqpacket>(this, default, default);

    /// <summary>Accepts the next connection (accept(2)).</summary>
    /// <remarks>Cancel safe: no connection is lost to a canceled call.</remarks>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left; the connection stays in the backlog.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    public ValueTask<UnixSeqpacket> AcceptAsync(CancellationToken cancellationToken = default) =>
        _context.ReceiveAsync<AcceptCall<UnixSeqpacket>, UnixSeqpacket>(this, default, default, cancellationToken);

    /// <summary>Removes the path if it is still ours, and closes the socket.</summary>
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
