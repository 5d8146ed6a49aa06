using System.Runtime.InteropServices;
using Samehost.EventLoops;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Sockets;

/// <summary>A listening socket of either connected type: its socket file, and the policy for peers.</summary>
internal sealed partial class ListenerContext : SocketContext
{
    // A refused peer can connect again at once; after this number of refusals the other descriptors of the event loop are served.
    private const int RefusalsAtOnce = 64;

    private const string NameWanted = "A listener without a name cannot be reached; use Autobind for a name from the kernel.";

    private const string PolicyWanted =
        "An abstract name has no permissions, so every process here can connect: set UnixListenerOptions.PeerPolicy.";

    private readonly Lock _lock = new();
    private readonly int _backlog;
    private SocketFile? _file;
    private UnixEndPoint? _endPoint;
    private UnixEndPoint? _handedOverPath;
    private volatile bool _shared;
    private bool _passesCredentialsToEach;

    private ListenerContext(int fd, int type, UnixListenerOptions options)
        : base(fd, type)
    {
        _backlog = options.Backlog;
        Policy = options.PeerPolicy ?? PeerPolicy.SelfAndRoot;
    }

    /// <summary>Decides which peers may connect.</summary>
    public PeerPolicy Policy { get; }

    /// <summary>The address that clients connect to.</summary>
    public UnixEndPoint EndPoint
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, typeof(UnixListener));
            return _endPoint ??= LocalEndPoint();
        }
    }

    /// <summary>Called for each peer that is refused, under the lock of the queue: it must neither block nor run code of others.</summary>
    public Action<PeerCredentials?>? Refused { get; set; }

    /// <summary>Binds an address and listens on it.</summary>
    public static ListenerContext Listen(UnixEndPoint endPoint, UnixListenerOptions? options, int type)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= UnixListenerOptions.Default;
        if (endPoint.Kind == UnixEndPointKind.Unnamed)
            throw new ArgumentException(NameWanted, nameof(endPoint));
        if (endPoint.Kind != UnixEndPointKind.Pathname && options.PeerPolicy is null)
            throw new ArgumentException(PolicyWanted, nameof(options));

        var context = new ListenerContext(CreateDescriptor(type, endPoint), type, options);
        try
        {
            context.RefuseDescriptors();
            context.AcceptsDescriptors = options.AcceptDescriptors;
            if (type == LibcSocket.SOCK_SEQPACKET)
                context.PassCredentials(); // accepted sockets inherit it
            context._file = SocketFile.Bind(context, endPoint, options.SocketFile);
            if (LibcSocket.Listen(context, options.Backlog) is < 0 and var errno)
                throw new UnixSocketException((Errno)(-errno), "listen", endPoint);
            context._file.Publish();
            if (endPoint.Kind == UnixEndPointKind.Pathname)
                context._endPoint = endPoint; // the kernel may know it under a temporary name
            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Duplicates a listening socket that was made elsewhere.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="options">As for a listener of our own.</param>
    /// <param name="type">The type that it has to have.</param>
    /// <param name="problem">What is wrong with it, where the result is null.</param>
    /// <param name="isOurs">False while another process may keep it; see <see cref="SocketContext.TryFromHandle"/>.</param>
    /// <exception cref="ArgumentException">An abstract name comes without a policy.</exception>
    public static ListenerContext? TryFromHandle(
        SafeHandle descriptor, UnixListenerOptions? options, int type, out string? problem, bool isOurs = true)
    {
        options ??= UnixListenerOptions.Default;
        if (TryDuplicate(descriptor, type, out problem) is not { } fd)
            return null;
        var context = new ListenerContext(fd, type, options);
        try
        {
            var hadOtherRule = context.InitializeForeign(options.AcceptDescriptors, isOurs);
            if (LibcSocketOptions.Get(context, LibcSocketOptions.SO_ACCEPTCONN, out var listening) < 0 || listening == 0)
            {
                context.Dispose();
                problem = "The socket does not listen; call listen(2) on it before it is handed over.";
                return null;
            }

            // Connections in the backlog have the options that the listener had when they connected.
            context._shared = hadOtherRule;
            context._passesCredentialsToEach = type == LibcSocket.SOCK_SEQPACKET && !context.HasCredentials;
            if (type == LibcSocket.SOCK_SEQPACKET)
                context.PassCredentials();
            if (options.PeerPolicy is null && context.EndPoint.Kind != UnixEndPointKind.Pathname)
                throw new ArgumentException(PolicyWanted, nameof(options));
            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Accepts once: a peer that the policy allows, or <c>-errno</c>. Others are closed before a byte of theirs is read.</summary>
    /// <param name="accepted">The connection.</param>
    /// <param name="refused">Receives those that the caller is to close where that may block; see <see cref="DeferredClose"/>.</param>
    public int Accept(out SocketContext? accepted, ref List<IDisposable>? refused)
    {
        for (var refusals = 0; refusals < RefusalsAtOnce; refusals++)
        {
            accepted = null;
            var fd = LibcSocket.Accept(this);
            if (fd < 0)
                return fd == Again && WasShutDown ? -(int)Errno.EINVAL : fd;
            // SO_PASSRIGHTS and SO_PASSCRED come from the listener as it was at connect(2), so an accepted socket needs no call of its own.
            accepted = new SocketContext(fd, Type, RefusesDescriptors) { MayAcceptDescriptors = AcceptsDescriptors };
            if (_shared)
            {
                // Unless the listener had another setting, or another process has the listener, too, and may have changed it.
                accepted.AcceptsDescriptors = AcceptsDescriptors;
                accepted.DistrustRefusal();
            }

            if (_passesCredentialsToEach)
                accepted.PassCredentials();
            if (ReferenceEquals(Policy, PeerPolicy.Anyone) || IsAllowed(accepted))
                return 0;
            (refused ??= []).Add(accepted);
        }

        accepted = null;
        Post(QueueKind.Read); // no event will report those that are in the backlog already
        return Again;
    }

    public UnixSocketException AcceptFailure(int result) => new((Errno)(-result), "accept", _endPoint);

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            if (disposing)
                _file?.Dispose(); // first: while the socket is open the path is not stale
            base.Dispose(disposing);
        }
    }

    // After shutdown(2) no client can connect any more: a blocking accept(2) would return EINVAL, but a non-blocking one
    // says EAGAIN for ever, while poll(2) calls the socket ready.
    private bool WasShutDown => LibcPoll.IsReady(this, LibcPoll.POLLRDHUP);

    private bool IsAllowed(SocketContext peer)
    {
        // The user alone decides most often; groups and label are asked for only where a policy needs them.
        if (peer.TryGetPeer(out var user) && Policy.AllowsUser(user))
            return true;
        if (peer.TryKeepPeerCredentials(out var credentials) && Policy.Allows(credentials))
            return true;

        Refused?.Invoke(credentials);
        return false;
    }
}

/// <summary>A type that is made of an accepted socket.</summary>
internal interface IAcceptedSocket<out TSelf>
{
    static abstract TSelf Create(SocketContext accepted);
}

/// <summary>Accepts a connection (accept(2)).</summary>
internal struct AcceptCall<T> : ISocketCall<T>
    where T : IAcceptedSocket<T>
{
    private SocketContext? _accepted;

    // The caller accepts for all clients: none of them may delay it with a slow close(2).
    public static bool ClosesRefusedOnLoop => true;

    public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused) =>
        ((ListenerContext)socket).Accept(out _accepted, ref refused);

    public readonly T GetResult(int result) => T.Create(_accepted!);

    public readonly Exception CreateException(SocketContext socket, int error) => ((ListenerContext)socket).AcceptFailure(error);
}
