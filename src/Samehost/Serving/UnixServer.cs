using System.Diagnostics;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Serving;
using Samehost.Sockets;

namespace Samehost;

/// <summary>Serves many clients at one local address at the same time.</summary>
/// <remarks>
/// <para>The handler runs once for each connection. A client that disconnects, crashes, stalls or makes its handler throw affects neither
/// other clients nor the server. Handlers may block: other connections are then served by other threads.</para>
/// <para>At the limit of connections further clients wait in the backlog. Near the descriptor limit of the process accepting pauses, and
/// continues when descriptors are free.</para>
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
public sealed class UnixServer : IAsyncDisposable
{
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(1);

    // If the backlog cannot be accepted for this time, handlers are asked to end.
    private static readonly TimeSpan BacklogPatience = TimeSpan.FromMilliseconds(50);

    private readonly ListenerContext _listener;
    private readonly Func<SocketContext, IDisposable> _open;
    private readonly Func<IDisposable, CancellationToken, Task> _handle;
    private readonly UnixServerOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly LoopSemaphore _freeConnections;
    private readonly UserLimit _users;
    private readonly ActiveConnections _connections = new();
    private readonly ReportQueue<UnixServerRefusal> _refusals;
    private readonly ReportQueue<UnixSocketException> _delays;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drainCanceled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private CancellationTokenSource _stopAccepting = new();
    private AcceptLoop _accepting;
    private Task<bool>? _stop;

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
        _freeConnections = new LoopSemaphore(options.MaxConnections, listener);
        _users = new UserLimit(options.MaxConnectionsPerUser);
        listener.Refused = peer => OnRefused(peer, null);
        try
        {
            DescriptorReserve.CheckFree(listener, options.ReservedDescriptors);
            _accepting = StartAccepting();
        }
        catch
        {
            Metrics.Leave();
            listener.Dispose(); // without an accept loop clients would wait forever
            throw;
        }
    }

    /// <summary>Gets the address that clients connect to.</summary>
    public UnixEndPoint LocalEndPoint { get; }

    /// <summary>Gets the number of connections that are being served.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Gets a task that completes when the server has stopped, or fails when accepting has failed permanently.</summary>
    /// <remarks>In the latter case clients are refused, existing connections continue, and the server still has to be stopped.</remarks>
    public Task Completion => _completion.Task;

    internal CancellationToken Stopping { get; }

    internal ServerMetrics Metrics { get; }

    /// <summary>Binds, listens and starts to serve stream connections.</summary>
    /// <param name="endPoint">A path, an abstract name, or <see cref="UnixEndPoint.Autobind"/>.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token is canceled when the server stops.</param>
    /// <param name="options">Limits and events.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>. EMFILE also if the process has so few descriptors
    /// left that the runtime could not start a thread.</exception>
    public static UnixServer Start(
        UnixEndPoint endPoint, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        options = options?.Copy() ?? new();
        return new UnixServer(ListenerContext.Listen(endPoint, options.Listener, LibcSocket.SOCK_STREAM), options, Streams(handler));
    }

    /// <summary>Starts to serve stream connections on a listener, which the server owns from then on.</summary>
    /// <param name="listener">For example one from the service manager or from a predecessor.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token is canceled when the server stops.</param>
    /// <param name="options">Limits and events.</param>
    public static UnixServer Start(
        UnixListener listener, Func<UnixStream, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(handler);
        options = options?.Copy() ?? new();
        return new UnixServer(listener.Detach(), options, Streams(handler));
    }

    /// <summary>Binds, listens and starts to serve seqpacket connections.</summary>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    public static UnixServer StartSeqpacket(
        UnixEndPoint endPoint, Func<UnixSeqpacket, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        options = options?.Copy() ?? new();
        return new UnixServer(ListenerContext.Listen(endPoint, options.Listener, LibcSocket.SOCK_SEQPACKET), options, Seqpackets(handler));
    }

    /// <summary>Starts to serve seqpacket connections on a listener, which the server owns from then on.</summary>
    public static UnixServer StartSeqpacket(
        UnixSeqpacketListener listener, Func<UnixSeqpacket, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(handler);
        options = options?.Copy() ?? new();
        return new UnixServer(listener.Detach(), options, Seqpackets(handler));
    }

    /// <summary>
    /// Serves until a signal asks the process to end (SIGINT, which is Ctrl+C, SIGTERM, SIGHUP or SIGQUIT), the token is canceled, or
    /// the server is stopped in another way; removes the path; and stops as <see cref="StopAsync(CancellationToken)"/> does.
    /// </summary>
    /// <remarks>
    /// <para>It completes without an error after a signal or a cancellation, so that a program that returns from <c>Main</c> then exits
    /// with status 0. A second signal within 100 ms of the first is the same request; a later one ends the process at once, after the
    /// socket files of the process have been removed: see <see cref="ShutdownSignal"/>.</para>
    /// <para>A signal that arrives before this method is called ends the process as usual; the next start replaces the socket file that
    /// remains.</para>
    /// </remarks>
    /// <param name="cancellationToken">Stops the server as a signal does.</param>
    /// <returns>True if every handler ended within <see cref="UnixServerOptions.DrainTimeout"/>.</returns>
    /// <exception cref="UnixSocketException">Accepting failed permanently (accept(2)); the connections have been drained.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken = default)
    {
        using var signal = new ShutdownSignal(_listener.RemoveFile);
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellationToken.UnsafeRegister(static task => ((TaskCompletionSource)task!).TrySetResult(), canceled))
        {
            var first = await Task.WhenAny(Completion, signal.Received, canceled.Task).ConfigureAwait(false);
            var drained = await StopAsync(CancellationToken.None).ConfigureAwait(false); // the token asks for a drain
            if (first == Completion)
                await Completion.ConfigureAwait(false);
            return drained;
        }
    }

    /// <summary>Stops the server as <see cref="StopAsync(TimeSpan, CancellationToken)"/> does, with
    /// <see cref="UnixServerOptions.DrainTimeout"/>.</summary>
    /// <param name="cancellationToken">Ends the drain: the connections that are left are closed at once.</param>
    /// <returns>True if every handler ended in time. A second call returns the result of the first one.</returns>
    public Task<bool> StopAsync(CancellationToken cancellationToken = default) =>
        StopAsync(_options.DrainTimeout, cancellationToken);

    /// <summary>Stops accepting, removes the path, cancels the handlers' token, and waits for the handlers; connections that are left
    /// after the timeout are closed.</summary>
    /// <remarks>
    /// <para>Connections in the backlog are reset. Only if another socket has replaced this one
    /// (<see cref="SocketFileOptions.ReplaceLive"/>) are they accepted and served first, for up to half of the time; the handlers' token
    /// is canceled before that only if the limit of connections is reached.</para>
    /// <para>It completes at most a second after the timeout, even if a handler never ends. A handler that awaits it waits for itself,
    /// until the timeout; a method of <see cref="UnixServerEvents"/> may wait for it, which takes a second.</para>
    /// </remarks>
    /// <param name="drainTimeout">The time that handlers have; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the drain: the connections that are left are closed at once.</param>
    /// <returns>True if every handler ended in time. A second call returns the result of the first one; its timeout is not used, but its
    /// token is.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative, or longer than 49 days.</exception>
    public Task<bool> StopAsync(TimeSpan drainTimeout, CancellationToken cancellationToken = default)
    {
        UnixServerOptions.CheckDrainTimeout(drainTimeout, nameof(drainTimeout));
        Task<bool> stop;
        lock (_lock)
            stop = _stop ??= Task.Run(() => DrainAsync(drainTimeout));
        return cancellationToken.CanBeCanceled ? WithCancellationAsync(stop, cancellationToken) : stop;
    }

    /// <summary>Stops the server as <see cref="StopAsync(CancellationToken)"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>True after the connections that were left at the stop have been closed.</summary>
    internal bool HasAborted => _connections.IsAborted;

    /// <summary>The listening socket, for a successor.</summary>
    internal SafeHandle ListenerHandle => _listener;

    /// <summary>Prepares the listening socket for a successor; returns the path that the successor will own, if any.</summary>
    internal ReadOnlyMemory<byte> ShareListener() => _listener.Share();

    /// <summary>Pauses accepting; clients wait in the backlog, which a successor may serve.</summary>
    internal async Task PauseAcceptingAsync()
    {
        CancellationTokenSource stop;
        AcceptLoop accepting;
        lock (_lock)
            (stop, accepting) = (_stopAccepting, _accepting);
        await stop.CancelAsync().ConfigureAwait(false);
        await accepting.Ended.ConfigureAwait(false);
    }

    /// <summary>Continues accepting after <see cref="PauseAcceptingAsync"/>, unless the server was stopped or has failed.</summary>
    internal void ResumeAccepting()
    {
        lock (_lock)
        {
            if (_stop is not null || _accepting.Ended.IsFaulted)
                return;
            _listener.ReapplyAcceptsDescriptors();
            _stopAccepting = new CancellationTokenSource();
            _accepting = StartAccepting();
        }
    }

    /// <summary>Releases the path to a successor; false if the server was stopped meanwhile, which has removed the path.</summary>
    internal bool TryReleasePath()
    {
        lock (_lock)
        {
            return _stop is null && _listener.LeaveFile();
        }
    }

    /// <summary>Starts the handler of an accepted connection, or refuses it.</summary>
    internal void Begin(SocketContext client)
    {
        // A peer whose user is unknown cannot be counted: it is refused.
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

        var connection = new ServedConnection(this, client, _open(client), peer.Uid, _options.Events is not null);
        _connections.Add(connection);
        Metrics.Started();
        connection.Start();
    }

    internal Task Handle(IDisposable socket) => _handle(socket, Stopping);

    internal void Ended(ServedConnection connection)
    {
        Metrics.Ended();
        _users.Leave(connection.UserId);
        _connections.Remove(connection);
        _freeConnections.Release();
        _accepting.OnDescriptorFreed();
    }

    /// <summary>Calls a method of the events for a connection, on the calling thread; does nothing without events.</summary>
    internal void Report(string eventName, Action<UnixServerEvents, UnixServerConnection> call, UnixServerConnection? connection)
    {
        if (connection is null)
            return;
        _connections.EnterEvent();
        Report<UnixServerConnection>(eventName, call, connection);
        _connections.LeaveEvent();
    }

    /// <summary>Reports a delay of accepting, on the thread pool.</summary>
    internal void ReportDelay(UnixSocketException error)
    {
        if (_options.Events is not null)
            _delays.Add(error);
    }

    private static (Func<SocketContext, IDisposable>, Func<IDisposable, CancellationToken, Task>) Streams(
        Func<UnixStream, CancellationToken, Task> handler) =>
        (static context => new UnixStream(context), (socket, stopping) => handler((UnixStream)socket, stopping));

    private static (Func<SocketContext, IDisposable>, Func<IDisposable, CancellationToken, Task>) Seqpackets(
        Func<UnixSeqpacket, CancellationToken, Task> handler) =>
        (static context => new UnixSeqpacket(context), (socket, stopping) => handler((UnixSeqpacket)socket, stopping));

    private void Refuse(SocketContext client, PeerCredentials? peer, int? limit = null)
    {
        OnRefused(peer, limit); // before the client can see it
        client.Dispose();
        _freeConnections.Release();
    }

    /// <summary>Counts a refusal and reports it on the thread pool. It may be called under the lock of the listener's queue.</summary>
    private void OnRefused(PeerCredentials? peer, int? limit)
    {
        Metrics.Refused();
        if (_options.Events is not null)
            _refusals.Add(new UnixServerRefusal(peer, limit));
    }

    private void ReportRefusal(UnixServerRefusal refusal, long unreported)
    {
        refusal.UnreportedCount = unreported;
        Report(nameof(UnixServerEvents.ConnectionRefused), static (events, r) => events.ConnectionRefused(r), refusal);
    }

    private void Report<T>(string eventName, Action<UnixServerEvents, T> call, T about)
    {
        try
        {
            call(_options.Events!, about);
        }
#pragma warning disable CA1031 // an exception of an event handler must not affect the connection
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

    private AcceptLoop StartAccepting()
    {
        var loop = new AcceptLoop(this, _listener, _freeConnections, _options.ReservedDescriptors, _stopAccepting.Token);
        _ = loop.Ended.ContinueWith(
            t => _completion.TrySetException(t.Exception!.InnerExceptions),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        loop.Start();
        return loop;
    }

    private async Task<bool> DrainAsync(TimeSpan drain)
    {
        var start = Stopwatch.GetTimestamp();
        // Another socket has replaced this one: clients that are still in this backlog are served first.
        if (_listener.IsReplaced)
        {
            var emptied = _listener.EmptyBacklogAsync(() =>
            {
                if (_accepting.BlockedFor > BacklogPatience)
                    CancelHandlers();
            });
            await DrainsWithinAsync(drain == Timeout.InfiniteTimeSpan ? drain : drain / 2, emptied).ConfigureAwait(false);
        }

        await _stopAccepting.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        CancelHandlers();

        var drained = await DrainsWithinAsync(Left(), WhenAllEndedAsync()).ConfigureAwait(false);
        var reported = CompletesWithinAsync(UnwindTime, Task.WhenAll(_refusals.FlushAsync(), _delays.FlushAsync()));
        _connections.Abort(); // if all handlers have ended, only methods of the events are still running
        if (!drained)
            await CompletesWithinAsync(UnwindTime, WhenAllEndedAsync()).ConfigureAwait(false);

        await reported.ConfigureAwait(false);
        Metrics.Leave();
        _completion.TrySetResult();
        return drained;

        TimeSpan Left()
        {
            var left = drain - Stopwatch.GetElapsedTime(start);
            return drain == Timeout.InfiniteTimeSpan ? drain : left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    // Callbacks that handlers register may block or throw, and must not keep the server from stopping.
    private void CancelHandlers() => _ = _stopping.CancelAsync().ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);

    private async Task WhenAllEndedAsync()
    {
        // The loop first: until it has ended, it may start another handler.
        await _accepting.Ended.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await _connections.WhenEndedAsync(UnwindTime).ConfigureAwait(false);
    }

    /// <summary>Waits for a task; false after a time or when the drain is canceled.</summary>
    private async Task<bool> DrainsWithinAsync(TimeSpan time, Task task) =>
        await CompletesWithinAsync(time, Task.WhenAny(task, _drainCanceled.Task)).ConfigureAwait(false) && task.IsCompleted;

    private async Task<bool> WithCancellationAsync(Task<bool> stop, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), _drainCanceled))
            return await stop.ConfigureAwait(false);
    }

    private static async Task<bool> CompletesWithinAsync(TimeSpan time, Task task)
    {
        try
        {
            await task.WaitAsync(time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
