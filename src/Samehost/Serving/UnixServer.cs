using Samehost.Interop;
using Samehost.Serving;

namespace Samehost;

/// <summary>Serves many clients of one local stream address at once, with one handler.</summary>
/// <remarks>
/// <para>Each connection has a handler run of its own. That one client leaves, crashes, stalls or makes its handler throw touches
/// neither the
/// others nor the server. Handlers may block: other connections are then served by other threads.</para>
/// <para>At the limit of connections the rest waits in the backlog; when the process runs out of descriptors accepting pauses and
/// goes on when there is room.</para>
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
public sealed class UnixServer : IAsyncDisposable
{
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(1);

    private readonly UnixListener _listener;
    private readonly UnixServerOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _room;
    private readonly UserLimit _users;
    private readonly HashSet<ServedConnection> _connections = [];
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private Task<bool>? _stop;
    private TaskCompletionSource? _empty;

    private UnixServer(UnixListener listener, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions options)
    {
        _listener = listener;
        _options = options;
        Handler = handler;
        Stopping = _stopping.Token;
        LocalEndPoint = listener.LocalEndPoint;
        _room = new SemaphoreSlim(options.MaxConnections);
        _users = new UserLimit(options.MaxConnectionsPerUser);
        _accepting = Task.Run(() => new AcceptLoop(this, listener, _room).RunAsync(Stopping));
        _accepting.ContinueWith(
            t => _completion.TrySetException(t.Exception!.InnerExceptions),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>The address that clients connect to.</summary>
    public UnixEndPoint LocalEndPoint { get; }

    /// <summary>How many connections are being served now.</summary>
    public int ConnectionCount
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

    /// <summary>Ends when the server has stopped; with an error if accepting failed for good.</summary>
    public Task Completion => _completion.Task;

    internal Func<UnixStream, CancellationToken, Task> Handler { get; }

    internal CancellationToken Stopping { get; }

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

    /// <summary>
    /// Stops accepting, removes the path, tells the handlers through their token, and waits for them; connections that are left when
    /// the time is over are closed.
    /// </summary>
    /// <param name="drain">How long handlers may go on; <see cref="UnixServerOptions.DrainTimeout"/> when null.</param>
    /// <returns>True when every handler had ended in time. A second call returns the first one's outcome.</returns>
    public Task<bool> StopAsync(TimeSpan? drain = null)
    {
        lock (_connections)
            return _stop ??= Task.Run(() => DrainAsync(drain ?? _options.DrainTimeout));
    }

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

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
        lock (_connections)
            _connections.Add(connection);
        ServerMetrics.Accepted.Add(1);
        ServerMetrics.Active.Add(1);
        stream.Core.Post(connection);
    }

    internal void Ended(ServedConnection connection)
    {
        ServerMetrics.Active.Add(-1);
        _users.Leave(connection.User);
        lock (_connections)
        {
            _connections.Remove(connection);
            if (_connections.Count == 0)
                _empty?.TrySetResult();
        }

        _room.Release();
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
    }

    private void Refuse(UnixStream stream, uint user, string reason)
    {
        stream.Dispose();
        _room.Release();
        ServerMetrics.Refused.Add(1);
        Tell((events, r) => events.ConnectionRefused(user, r), reason);
    }

    private async Task<bool> DrainAsync(TimeSpan drain)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);

        bool drained = await EmptyWithinAsync(drain).ConfigureAwait(false);
        if (!drained)
        {
            ServedConnection[] left;
            lock (_connections)
                left = [.. _connections];
            foreach (var connection in left)
                connection.Abort();
            await EmptyWithinAsync(UnwindTime).ConfigureAwait(false);
        }

        _completion.TrySetResult();
        return drained;
    }

    private async Task<bool> EmptyWithinAsync(TimeSpan time)
    {
        Task empty;
        lock (_connections)
        {
            if (_connections.Count == 0)
                return true;
            empty = (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        return await Task.WhenAny(empty, Task.Delay(time)).ConfigureAwait(false) == empty;
    }
}
