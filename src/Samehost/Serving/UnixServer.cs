using Samehost.Interop;
using Samehost.Serving;

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
/// await server.Completion;
/// </code></example>
public sealed partial class UnixServer : IAsyncDisposable
{
    private readonly UnixListener _listener;
    private readonly UnixServerOptions _options;
    private readonly CancellationTokenSource _stopAccepting = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _room;
    private readonly UserLimit _users;
    private readonly LiveConnections _connections = new();
    private readonly AcceptLoop _accepting;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private UnixServer(UnixListener listener, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions options)
    {
        _listener = listener;
        _options = options;
        Handler = handler;
        Stopping = _stopping.Token;
        LocalEndPoint = listener.LocalEndPoint;
        Metrics = new ServerMetrics(LocalEndPoint);
        _room = new SemaphoreSlim(options.MaxConnections);
        _users = new UserLimit(options.MaxConnectionsPerUser);
        _accepting = new AcceptLoop(this, listener, _room, _stopAccepting.Token);
        _accepting.Ended.ContinueWith(
            t => _completion.TrySetException(t.Exception!.InnerExceptions),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _accepting.Start();
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

    internal Func<UnixStream, CancellationToken, Task> Handler { get; }

    internal CancellationToken Stopping { get; }

    internal ServerMetrics Metrics { get; }

    /// <summary>Binds, listens and begins to serve.</summary>
    /// <param name="endPoint">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/>.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token tells that the server is stopping.</param>
    /// <param name="options">Limits and events.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    public static UnixServer Start(
        UnixEndPoint endPoint, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Check(options ??= UnixServerOptions.Default);
        return new UnixServer(UnixListener.Listen(endPoint, options.Listener), handler, options);
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
        return new UnixServer(listener, handler, options);
    }

    /// <summary>Takes a fresh connection in, or refuses it.</summary>
    internal void Begin(UnixStream stream)
    {
        // A peer whose user cannot be told has no share of the limit: it is refused.
        if (LibcSocketOptions.GetPeerCredentials(stream.Core.Descriptor, out var peer) < 0)
        {
            Refuse(stream, uint.MaxValue, "its user cannot be told");
            return;
        }

        if (!_users.TryEnter(peer.Uid))
        {
            Refuse(stream, peer.Uid, $"user {peer.Uid} has {_options.MaxConnectionsPerUser} connections already");
            return;
        }

        var connection = new ServedConnection(this, stream, peer.Uid);
        _connections.Add(connection);
        Metrics.Started();
        stream.Core.Post(connection);
    }

    internal void Ended(ServedConnection connection)
    {
        Metrics.Ended();
        _users.Leave(connection.User);
        _connections.Remove(connection);
        _room.Release();
        _accepting.Freed();
    }

    internal void Tell<T>(Action<UnixServerEvents, T> what, T about)
    {
        if (_options.Events is not { } events)
            return;
        try
        {
            what(events, about);
        }
#pragma warning disable CA1031 // whoever listens must not break what it listens to
        catch
#pragma warning restore CA1031
        {
        }
    }

    private static void Check(UnixServerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxConnections, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxConnectionsPerUser, nameof(options));
        CheckDrain(options.DrainTimeout, nameof(options));
    }

    private void Refuse(UnixStream stream, uint user, string reason)
    {
        stream.Dispose();
        _room.Release();
        Metrics.Refused();
        Tell((events, r) => events.ConnectionRefused(user, r), reason);
    }
}
