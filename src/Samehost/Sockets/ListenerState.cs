using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Sockets;

/// <summary>A listening socket of either connected type: bound safely, and closed to peers that its policy does not admit.</summary>
internal sealed partial class ListenerState : IDisposable
{
    // A peer that is turned away can come again at once: now and then everybody else gets a turn.
    private const int RefusalsAtOnce = 64;

    private const string NameWanted = "Nobody can reach a listener without a name; use Autobind for a name from the kernel.";

    private const string PolicyWanted =
        "An abstract name has no permissions, anybody here can connect: say who may with UnixListenerOptions.PeerPolicy.";

    private readonly Lock _lock = new();
    private readonly int _backlog;
    private SocketFile? _file;
    private UnixEndPoint? _local;
    private UnixEndPoint? _inheritance;
    private volatile bool _shared;
    private bool _tellsEach;

    private ListenerState(SocketContext core, SocketFile? file, UnixListenerOptions options)
    {
        Core = core;
        _file = file;
        _backlog = options.Backlog;
        Policy = options.PeerPolicy ?? PeerPolicy.SelfAndRoot;
    }

    public SocketContext Core { get; }

    public PeerPolicy Policy { get; }

    public UnixEndPoint LocalEndPoint
    {
        get
        {
            ObjectDisposedException.ThrowIf(Core.IsClosed, typeof(UnixListener));
            return _local ??= Core.LocalEndPoint();
        }
    }

    /// <summary>Told of peers that were turned away, under the lock of the queue: it must not block or run code of others.</summary>
    public Action<PeerCredentials?>? Refused { get; set; }

    public static ListenerState Listen(UnixEndPoint endPoint, UnixListenerOptions? options, int type)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= UnixListenerOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegative(options.Backlog, nameof(options));
        if (endPoint.Kind == UnixEndPointKind.Unnamed)
            throw new ArgumentException(NameWanted, nameof(endPoint));
        if (endPoint.Kind != UnixEndPointKind.Pathname && options.PeerPolicy is null)
            throw new ArgumentException(PolicyWanted, nameof(options));

        var core = SocketContext.Create(type, endPoint);
        SocketFile? file = null;
        try
        {
            core.AcceptsDescriptors = options.AcceptDescriptors;
            if (type == LibcSocket.SOCK_SEQPACKET)
                core.TellRecordsFromEnd(); // accepted sockets inherit it
            file = SocketFile.Bind(core.Descriptor, endPoint, options.SocketFile);
            if (LibcSocket.Listen(core.Descriptor, options.Backlog) is < 0 and var errno)
                throw new UnixSocketException((Errno)(-errno), "listen", endPoint);
            file.Publish();
            var state = new ListenerState(core, file, options);
            if (endPoint.Kind == UnixEndPointKind.Pathname)
                state._local = endPoint; // the kernel may know it under the name for the time being
            return state;
        }
        catch
        {
            file?.Dispose();
            core.Dispose();
            throw;
        }
    }

    /// <exception cref="ArgumentException">The descriptor is something else, or an abstract name comes without a policy.</exception>
    public static ListenerState FromDescriptor(SafeHandle descriptor, UnixListenerOptions? options, int type, string typeName) =>
        TryFromDescriptor(descriptor, options, type, typeName, isOurs: true, out var state) is { } problem
            ? throw new ArgumentException(problem, nameof(descriptor))
            : state!;

    /// <summary>As <see cref="FromDescriptor"/>, for one that another process has sent: returns what is wrong with it, or null.</summary>
    /// <exception cref="ArgumentException">An abstract name comes without a policy.</exception>
    private static string? TryFromDescriptor(
        SafeHandle descriptor, UnixListenerOptions? options, int type, string typeName, bool isOurs, out ListenerState? state)
    {
        state = null;
        options ??= UnixListenerOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegative(options.Backlog, nameof(options));
        if (SocketContext.TryFromHandle(descriptor, type, typeName, options.AcceptDescriptors, isOurs, out var core) is { } problem)
            return problem;
        try
        {
            if (LibcSocketOptions.Get(core!.Descriptor, LibcSocketOptions.SO_ACCEPTCONN, out int listening) < 0 || listening == 0)
            {
                core.Dispose();
                return "The socket does not listen; call listen(2) on it before it is handed over.";
            }

            // Those who wait already have what the listener had when they connected.
            var found = new ListenerState(core, null, options)
            {
                _shared = core.HadOtherRule,
                _tellsEach = type == LibcSocket.SOCK_SEQPACKET && !core.HasCredentials,
            };
            if (type == LibcSocket.SOCK_SEQPACKET)
                core.TellRecordsFromEnd();
            if (options.PeerPolicy is null && found.LocalEndPoint.Kind != UnixEndPointKind.Pathname)
                throw new ArgumentException(PolicyWanted, nameof(options));
            state = found;
            return null;
        }
        catch
        {
            core!.Dispose();
            throw;
        }
    }

    /// <summary>Accepts once: a peer that the policy admits, or <c>-errno</c>. Others are closed before they are heard.</summary>
    /// <param name="accepted">The connection.</param>
    /// <param name="refused">Receives those that the caller is to close where that may block; see <see cref="DeferredClose"/>.</param>
    public int Accept(out SocketContext? accepted, ref List<IDisposable>? refused)
    {
        for (int turn = 0; turn < RefusalsAtOnce; turn++)
        {
            accepted = null;
            int fd = LibcSocket.Accept(Core.Descriptor);
            if (fd < 0)
                return fd == BlockingCall.Again && WasShutDown ? -(int)Errno.EINVAL : fd;
            // SO_PASSRIGHTS and SO_PASSCRED come from the listener as it was at connect(2), so an accepted socket needs no call of its own.
            accepted = new SocketContext(new Descriptor(fd), Core.RefusesDescriptors) { MayAcceptDescriptors = Core.AcceptsDescriptors };
            if (_shared)
            {
                // Unless the listener had another rule, or another process has it, too, and may have told the kernel otherwise.
                accepted.AcceptsDescriptors = Core.AcceptsDescriptors;
                accepted.DistrustRefusal();
            }

            if (_tellsEach)
                accepted.TellRecordsFromEnd();
            if (ReferenceEquals(Policy, PeerPolicy.Anyone) || IsAdmitted(accepted))
                return 0;
            (refused ??= []).Add(accepted);
        }

        accepted = null;
        Core.Post(Core.Readers); // no event will tell of those that are in the backlog already
        return BlockingCall.Again;
    }

    public UnixSocketException AcceptFailure(int result) => new((Errno)(-result), "accept", _local);

    /// <summary>Removes the path if it is still ours, and closes.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose(); // first: while the socket lives nobody takes the path for stale
            Core.Dispose();
        }
    }

    // Once somebody has shut the socket down nobody can come any more: a blocking accept(2) would say EINVAL, but a non-blocking one
    // says EAGAIN for ever, while poll(2) calls the socket ready.
    private bool WasShutDown => LibcPoll.IsReady(Core.Descriptor, LibcPoll.POLLRDHUP);

    private bool IsAdmitted(SocketContext peer)
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
