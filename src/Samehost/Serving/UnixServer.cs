using Samehost.Interop;
using Samehost.Serving;
using Samehost.Sockets;

namespace Samehost;

/// <summary>Serves many clients of one local stream address at once, with one handler.</summary>
/// <remarks>
/// <para>Each connection has a handler run of its own. That one client leaves, crashes, stalls or makes its handler throw touches neither
/// the others nor the server. Handlers may block: other connections are then served by other threads.</para>
/// <para>At the limit of connections the rest waits in the backlog; when the process comes near its limit of descriptors, accepting pauses
/// and goes on when there is room.</para>
/// </remarks>
/// <example><code>
/// await using var server = UnixServer.Start(UnixEndPoint.Parse("/run/app.sock"), async (stream, stopping) =>
/// {
///     var buffer = new byte[4096];
///     for (int n; (n = await stream.ReadAsync(buffer, stopping)) > 0;)
///         await stream.WriteAsync(buffer.AsMemory(0, n), stopping);
/// });
/// await server.RunAsync(); // until Ctrl+C, SIGTERM or SIGHUP
/// </code></example>
public sealed partial class UnixServer : IAsyncDisposable
{
    private readonly ListenerContext _listener;
    private readonly Func<SocketContext, IDisposable> _open;
    private readonly Func<IDisposable, CancellationToken, Task> _handle;
    private readonly UnixServerOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly LoopSemaphore _room;
    private readonly UserLimit _users;
    private readonly ActiveConnections _connections = new();
    private readonly ReportQueue<UnixServerRefusal> _refusals;
    private readonly ReportQueue<UnixSocketException> _delays;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private UnixServer(
        ListenerContext listener,
        UnixServerOptions options,
        (Func<SocketContext, IDisposable> Open, Func<IDisposable, CancellationToken, Task> Handle) sockets)
    {
        _listener = listener;
        _options = options;
        (_open, _handle) = sockets;
        Stopping = _stopping.Token;
        LocalEndPoint = listener.EndPoint;
        Metrics = ServerMetrics.Enter(LocalEndPoint);
        _refusals = new(ReportRefusal);
        _delays = new((error, _) =>
            Report(nameof(UnixServerEvents.AcceptDelayed), static (events, e) => events.AcceptDelayed(e), error));
        _room = new LoopSemaphore(options.MaxConnections, listener);
        _users = new UserLimit(options.MaxConnectionsPerUser);
        listener.Refused = peer => HasRefused(peer, null);
        try
        {
            DescriptorReserve.CheckRoom(listener, options.ReservedDescriptors);
            _accepting = StartAccepting();
        }
        catch
        {
            Metrics.Leave();
            listener.Dispose(); // without a loop to accept on, clients would wait for nobody
            throw;
        }
    }

    /// <summary>The address that clients connect to.</summary>
    public UnixEndPoint LocalEndPoint { get; }

    /// <summary>How many connections are being served now.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>
    /// Ends when the server has stopped; with an error if accepting failed for good. Then clients are refused, the connections that are
    /// there go on, and <see cref="StopAsync"/> is still to be called.
    /// </summary>
    public Task Completion => _completion.Task;

    internal CancellationToken Stopping { get; }

    internal ServerMetrics Metrics { get; }

    /// <summary>Binds, listens and begins to serve streams.</summary>
    /// <param name="endPoint">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/>.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token tells that the server is stopping.</param>
    /// <param name="options">Limits and events.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>. EMFILE also where the process has so few descriptors
    /// left that the runtime could not start a thread.</exception>
    public static UnixServer Start(
        UnixEndPoint endPoint, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Check(options ??= UnixServerOptions.Default);
        return new UnixServer(ListenerContext.Listen(endPoint, options.Listener, LibcSocket.SOCK_STREAM), options, Streams(handler));
    }

    /// <summary>Begins to serve on a listener, which from now on belongs to the server.</summary>
    /// <param name="listener">For example one that was inherited.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token tells that the server is stopping.</param>
    /// <param name="options">Limits and events.</param>
    public static UnixServer Start(
        UnixListener listener, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(handler);
        Check(options ??= UnixServerOptions.Default);
        return new UnixServer(listener.Detach(), options, Streams(handler));
    }

    /// <summary>Binds, listens and begins to serve seqpacket connections; otherwise as for streams.</summary>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    public static UnixServer StartSeqpacket(
        UnixEndPoint endPoint, Func<UnixSeqpacket, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Check(options ??= UnixServerOptions.Default);
        return new UnixServer(ListenerContext.Listen(endPoint, options.Listener, LibcSocket.SOCK_SEQPACKET), options, Seqpackets(handler));
    }

    /// <summary>Begins to serve on a seqpacket listener, which from now on belongs to the server.</summary>
    public static UnixServer StartSeqpacket(
        UnixSeqpacketListener listener, Func<UnixSeqpacket, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(handler);
        Check(options ??= UnixServerOptions.Default);
        return new UnixServer(listener.Detach(), options, Seqpackets(handler));
    }

    /// <summary>Takes a fresh connection in, or refuses it.</summary>
    internal void Begin(SocketContext client)
    {
        // A peer whose user cannot be told has no share of the limit: it is refused.
        if (!client.TryGetPeer(out var peer))
        {
            Refuse(client, null);
            return;
        }

        PeerCredentials? credentials = null;
        if (_options.Events is not null && !client.TryKeepPeerCredentials(out credentials))
        {
            Refuse(client, null);
            return;
        }

        if (!_users.TryEnter(peer.Uid))
        {
            Refuse(client, credentials, _options.MaxConnectionsPerUser);
            return;
        }

        var connection = new UnixServerConnection(this, client, _open(client), peer.Uid);
        _connections.Add(connection);
        Metrics.Started();
        connection.Start();
    }

    internal Task Handle(IDisposable socket) => _handle(socket, Stopping);

    internal void Ended(UnixServerConnection connection)
    {
        Metrics.Ended();
        _users.Leave(connection.UserId);
        _connections.Remove(connection);
        _room.Release();
        _accepting.Freed();
    }

    /// <summary>Calls a method of the events for a connection, on the calling thread.</summary>
    internal void Report(string eventName, Action<UnixServerEvents, UnixServerConnection> call, UnixServerConnection connection)
    {
        if (_options.Events is null)
            return;
        _connections.EnterEvent();
        Report<UnixServerConnection>(eventName, call, connection);
        _connections.LeaveEvent();
    }

    /// <summary>Has a delay of accepting reported.</summary>
    internal void ReportDelay(UnixSocketException error)
    {
        if (_options.Events is not null)
            _delays.Add(error);
    }

    private static void Check(UnixServerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxConnections, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxConnectionsPerUser, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.ReservedDescriptors ?? 0, nameof(options));
        CheckDrain(options.DrainTimeout, nameof(options));
    }

    private static (Func<SocketContext, IDisposable>, Func<IDisposable, CancellationToken, Task>) Streams(
        Func<UnixStream, CancellationToken, Task> handler) =>
        (static context => new UnixStream(context), (socket, stopping) => handler((UnixStream)socket, stopping));

    private static (Func<SocketContext, IDisposable>, Func<IDisposable, CancellationToken, Task>) Seqpackets(
        Func<UnixSeqpacket, CancellationToken, Task> handler) =>
        (static context => new UnixSeqpacket(context), (socket, stopping) => handler((UnixSeqpacket)socket, stopping));

    private void Refuse(SocketContext client, PeerCredentials? peer, int? limit = null)
    {
        client.Dispose();
        _room.Release();
        HasRefused(peer, limit);
    }

    /// <summary>Counts a refusal and has it reported. It may be called under the lock of the listener's queue.</summary>
    private void HasRefused(PeerCredentials? peer, int? limit)
    {
        Metrics.Refused();
        if (_options.Events is not null)
            _refusals.Add(new UnixServerRefusal(peer, limit));
    }

    private void ReportRefusal(UnixServerRefusal refusal, long leftOut)
    {
        refusal.LeftOut = leftOut;
        Report(nameof(UnixServerEvents.ConnectionRefused), static (events, r) => events.ConnectionRefused(r), refusal);
    }

    private void Report<T>(string eventName, Action<UnixServerEvents, T> call, T about)
    {
        try
        {
            call(_options.Events!, about);
        }
#pragma warning disable CA1031 // what an event handler throws must not break what it is about
        catch (Exception error)
#pragma warning restore CA1031
        {
            ReportFailure(eventName, error);
        }
    }

    private void ReportFailure(string eventName, Exception error)
    {
        try
        {
            _options.Events!.EventHandlerFailed(eventName, error);
        }
#pragma warning disable CA1031 // as above
        catch (Exception second)
#pragma warning restore CA1031
        {
            EventHandlerErrors.Report($"{nameof(UnixServerEvents)}.{nameof(UnixServerEvents.EventHandlerFailed)}", second);
        }
    }
}
