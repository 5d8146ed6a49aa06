using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <content>Connecting, pairs, and the way to and from other kinds of object.</content>
public sealed partial class UnixStream
{
    /// <summary>Connects to a listening stream socket, blocking the thread where it has to wait (connect(2)).</summary>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">How patiently.</param>
    /// <exception cref="UnixSocketException">ENOENT, ECONNREFUSED, EACCES, EPROTOTYPE (a socket of another type is there), EAGAIN
    /// (the backlog stayed full), ENOTDIR, ELOOP, EMFILE; <see cref="UnixSocketException.Hint"/> says what to look at.</exception>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static UnixStream Connect(UnixEndPoint endPoint, UnixConnectOptions? options = null) =>
        new(SocketConnector.Run(endPoint, options, LibcSocket.SOCK_STREAM));

    /// <summary>Connects to a listening stream socket (connect(2)).</summary>
    /// <remarks>Cancel safe: a cancelled call leaves no connection behind.</remarks>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">How patiently.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As <see cref="Connect"/>.</exception>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static async ValueTask<UnixStream> ConnectAsync(
        UnixEndPoint endPoint, UnixConnectOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await SocketConnector.RunAsync(endPoint, options, LibcSocket.SOCK_STREAM, cancellationToken).ConfigureAwait(false));

    /// <summary>Two streams connected to each other, without a name (socketpair(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static (UnixStream First, UnixStream Second) CreatePair()
    {
        var (first, second) = SocketContext.CreatePair(LibcSocket.SOCK_STREAM);
        return (new UnixStream(first), new UnixStream(second));
    }

    /// <summary>
    /// A stream on a connected socket that was made elsewhere, for example inherited. It gets a duplicate of the descriptor; the
    /// handle stays the caller's to close. The socket becomes non-blocking for everybody who shares it (fcntl(2)).
    /// </summary>
    /// <exception cref="ArgumentException">Not a local stream socket, or one that listens.</exception>
    public static UnixStream FromDescriptor(SafeHandle descriptor) =>
        TryFromDescriptor(descriptor, mustBeConnected: false, out var stream) is { } problem
            ? throw new ArgumentException(problem, nameof(descriptor))
            : stream!;

    /// <summary>As <see cref="FromDescriptor"/>, for one that another process has sent: returns what is wrong with it, or null.</summary>
    /// <exception cref="UnixSocketException">EMFILE: no descriptor left.</exception>
    internal static string? TryFromDescriptor(SafeHandle descriptor, bool mustBeConnected, out UnixStream? stream)
    {
        stream = null;
        if (SocketContext.TryFromHandle(descriptor, LibcSocket.SOCK_STREAM, "stream", false, isOurs: true, out var core) is { } problem)
            return problem;
        if (LibcSocketOptions.Get(core!.Descriptor, LibcSocketOptions.SO_ACCEPTCONN, out int listening) >= 0 && listening != 0)
        {
            core.Dispose();
            return "The socket listens; use UnixListener.FromDescriptor for it.";
        }

        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        if (mustBeConnected && LibcSocket.GetPeerName(core.Descriptor, address) < 0)
        {
            core.Dispose();
            return "The socket is not connected.";
        }

        stream = new UnixStream(core);
        return null;
    }

    /// <summary>
    /// A stream on the connection of a runtime <see cref="Socket"/>, which should not be used further. It gets a duplicate of the
    /// descriptor; dispose of the socket when convenient.
    /// </summary>
    /// <exception cref="ArgumentException">Not a local stream socket.</exception>
    public static UnixStream FromSocket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return FromDescriptor(socket.SafeHandle);
    }

    /// <summary>Hands the connection over to a runtime <see cref="Socket"/> and closes this stream, which ends its pending calls.</summary>
    /// <exception cref="UnixSocketException">EMFILE: no descriptor left; the stream is as it was.</exception>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public Socket ToSocket()
    {
        if (LibcFcntl.Duplicate(_core.Descriptor, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        // The runtime's Socket starts out blocking and switches by itself when it is used asynchronously.
        _ = LibcFcntl.SetNonBlocking(duplicate!, nonBlocking: false);
        var socket = new Socket(new SafeSocketHandle(duplicate!.Number, ownsHandle: true));
        duplicate.SetHandleAsInvalid();
        Dispose();
        return socket;
    }
}
