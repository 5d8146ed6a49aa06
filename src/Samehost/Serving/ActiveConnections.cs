using Samehost.EventLoops;
using Samehost.Sockets;

namespace Samehost.Serving;

/// <summary>The connections that a server is serving.</summary>
internal sealed class ActiveConnections
{
    private readonly HashSet<ServedConnection> _connections = [];
    private int _inEvents; // the number of connections that are in a method of the server's events
    private TaskCompletionSource? _empty;
    private TaskCompletionSource? _allInEvents;
    private volatile bool _aborted;

    public int Count
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

    /// <summary>True after <see cref="Abort"/>.</summary>
    public bool IsAborted => _aborted;

    public void Add(ServedConnection connection)
    {
        bool late;
        lock (_connections)
        {
            _connections.Add(connection);
            late = _aborted;
        }

        if (late)
            connection.Abort();
    }

    public void Remove(ServedConnection connection)
    {
        lock (_connections)
        {
            _connections.Remove(connection);
            Signal();
        }
    }

    /// <summary>Marks that a connection calls a method of the events, which may wait for the server to stop, until
    /// <see cref="LeaveEvent"/>.</summary>
    public void EnterEvent()
    {
        lock (_connections)
        {
            _inEvents++;
            Signal();
        }
    }

    public void LeaveEvent()
    {
        lock (_connections)
            _inEvents--;
    }

    /// <summary>Completes when no connection is left, or when all that are left have been in a method of the events for a time. For a
    /// server that no longer accepts.</summary>
    public async Task WhenEndedAsync(TimeSpan patience)
    {
        while (true)
        {
            await WhenAsync(ref _allInEvents, static me => me.AreAllInEvents).ConfigureAwait(false);
            await WhenAsync(ref _empty, static me => me._connections.Count == 0).WaitAsync(patience)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_connections)
            {
                if (AreAllInEvents)
                    return;
            }
        }
    }

    /// <summary>Closes all connections, and each one that is added later.</summary>
    public void Abort()
    {
        ServedConnection[] left;
        lock (_connections)
        {
            left = [.. _connections];
            _aborted = true;
        }

        foreach (var connection in left)
            connection.Abort();
    }

    private bool AreAllInEvents => _connections.Count == _inEvents;

    private Task WhenAsync(ref TaskCompletionSource? source, Func<ActiveConnections, bool> condition)
    {
        lock (_connections)
        {
            if (condition(this))
                return Task.CompletedTask;
            source ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return source.Task;
        }
    }

    private void Signal()
    {
        if (_connections.Count == 0)
            Complete(ref _empty);
        if (AreAllInEvents)
            Complete(ref _allInEvents);
    }

    private static void Complete(ref TaskCompletionSource? source)
    {
        source?.TrySetResult(); // continuations run on the thread pool
        source = null;
    }
}

/// <summary>A connection and the run of its handler.</summary>
internal sealed class ServedConnection : IThreadPoolWorkItem
{
    private readonly UnixServer _server;
    private readonly SocketContext _context;
    private readonly IDisposable _socket;
    private readonly UnixServerConnection? _connection; // null without events

    public ServedConnection(UnixServer server, SocketContext context, IDisposable socket, uint userId, bool hasEvents)
    {
        _server = server;
        _context = context;
        _socket = socket;
        _connection = hasEvents ? new UnixServerConnection(context, socket) : null;
        UserId = userId;
    }

    public uint UserId { get; }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Starts the handler on the event loop of the connection.</summary>
    internal void Start() => _context.Post(this);

    /// <summary>Closes the connection while its handler runs.</summary>
    internal void Abort() => _socket.Dispose();

    private async Task RunAsync()
    {
        try
        {
            _server.Report(nameof(UnixServerEvents.ConnectionStarted), static (events, c) => events.ConnectionStarted(c), _connection);
            if (!_server.HasAborted)
                await new InlineAwaitable(_server.Handle(_socket));
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            // the server is stopping
        }
        catch (Exception error) when (IsDisconnect(error))
        {
            // the client has closed the connection
        }
#pragma warning disable CA1031 // a failure of one handler is reported, and does not affect others
        catch (Exception error)
#pragma warning restore CA1031
        {
            _server.Metrics.Failed();
            _server.Report(nameof(UnixServerEvents.HandlerFailed), (events, c) => events.HandlerFailed(c, error), _connection);
        }
        finally
        {
            _socket.Dispose();
            _server.Report(nameof(UnixServerEvents.ConnectionEnded), static (events, c) => events.ConnectionEnded(c), _connection);
            _server.Ended(this);
        }
    }

    /// <summary>Returns true if an error means that the client has closed this connection; the handler may use others.</summary>
    private bool IsDisconnect(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is UnixSocketException { Errno: Errno.EPIPE or Errno.ECONNRESET } failure
                && ReferenceEquals(failure.FailedSocket, _context))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Limits the connections of each user.</summary>
internal sealed class UserLimit(int limit)
{
    private readonly Dictionary<uint, int> _counts = [];

    /// <summary>Counts a connection, unless the user is at the limit.</summary>
    public bool TryEnter(uint user)
    {
        lock (_counts)
        {
            var count = _counts.GetValueOrDefault(user);
            if (count >= limit)
                return false;
            _counts[user] = count + 1;
            return true;
        }
    }

    public void Leave(uint user)
    {
        lock (_counts)
        {
            if (--_counts[user] == 0)
                _counts.Remove(user);
        }
    }
}
