using System.Runtime.InteropServices;
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
public sealed partial class UnixDatagram : IDisposable, IAsyncDisposable
{
    private const string SendersUnknown =
        "Datagrams wait that came before the socket told who sends them, so that no policy can judge them. Have systemd set it from the "
        + "start (PassCredentials=yes in the socket unit, otherwise SO_PASSCRED), or take them from anyone.";

    private const string PolicyWanted =
        "An abstract name has no permissions, anybody here can send: say who may with UnixDatagramOptions.PeerPolicy.";

    private readonly DatagramState _state;
    private readonly SocketContext _core;
    private readonly SocketFile? _file;
    private UnixEndPoint? _local;

    private UnixDatagram(DatagramState state, SocketFile? file = null)
    {
        _core = state.Core;
        _file = file;
        _state = state;
    }

    private UnixDatagram(SocketContext core)
        : this(new DatagramState(core))
    {
    }

    /// <summary>The address that others can send to; <see cref="UnixEndPointKind.Unnamed"/> when it was not bound.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= _core.LocalEndPoint();

    /// <summary>Whom <see cref="Connect"/> chose; null before.</summary>
    public UnixEndPoint? RemoteEndPoint => _state.Remote;

    /// <summary>The descriptor, for calls that this library does not have. It stays the socket's: do not close it.</summary>
    public SafeHandle Handle => _core.Descriptor;

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
        var core = SocketContext.Create(LibcSocket.SOCK_DGRAM, local);
        try
        {
            // Before the name is there: nothing may arrive that was not asked for.
            var state = new DatagramState(core);
            state.Apply(options);
            return new UnixDatagram(state, SocketFile.Bind(core.Descriptor, local, options.SocketFile));
        }
        catch
        {
            core.Dispose();
            throw;
        }
    }

    /// <summary>A socket without an address: it can send, and nobody can answer it.</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static UnixDatagram Create() => new(SocketContext.Create(LibcSocket.SOCK_DGRAM, null));

    /// <summary>Two sockets connected to each other, without a name (socketpair(2)).</summary>
    /// <exception cref="UnixSocketException">EMFILE or ENFILE: no descriptors left.</exception>
    public static (UnixDatagram First, UnixDatagram Second) CreatePair()
    {
        var (first, second) = SocketContext.CreatePair(LibcSocket.SOCK_DGRAM);
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
        var core = SocketContext.FromHandle(descriptor, LibcSocket.SOCK_DGRAM, "datagram");
        try
        {
            if (options?.PeerPolicy is null && core.LocalEndPoint().Kind == UnixEndPointKind.Abstract)
                throw new ArgumentException(PolicyWanted, nameof(options));
            var state = new DatagramState(core);
            // Those that came before it was asked for do not say who sent them. They are not to be lost in silence.
            bool isBlind = !core.HasCredentials && LibcPoll.IsReady(core.Descriptor, LibcPoll.POLLIN);
            if (options is not null)
                state.Apply(options);
            if (isBlind && state.Policy is not null)
                throw new InvalidOperationException(SendersUnknown);
            return new UnixDatagram(state);
        }
        catch
        {
            core.Dispose();
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
        if (_state.Connect(remote) is < 0 and var errno)
            throw DatagramState.Failure(errno, "connect", remote);
    }

    /// <summary>Removes the path if it is still ours, and closes; calls that wait end with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _file?.Dispose(); // first: while the socket lives nobody takes the path for stale
        _state.Close();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static void CheckNamed(UnixEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        if (remote.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
            throw new ArgumentException("Nobody can be reached at an address without a name.", nameof(remote));
    }
}
