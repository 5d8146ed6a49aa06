namespace Samehost.Serving;

/// <summary>The connections that a server is serving now.</summary>
internal sealed class ActiveConnections
{
    private readonly HashSet<UnixServerConnection> _connections = [];
    private int _inEvents; // how many of them are inside a method of the server's events
    private TaskCompletionSource? _empty;
    private TaskCompletionSource? _unhandled;
    private volatile bool _aborted;

    public int Count
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

    /// <summary>True once those that were left have been closed; further ones are, too.</summary>
    public bool IsAborted => _aborted;

    public void Add(UnixServerConnection connection)
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

    public void Remove(UnixServerConnection connection)
    {
        lock (_connections)
        {
            _connections.Remove(connection);
            Signal();
        }
    }

    /// <summary>One of the connections reports an event; until <see cref="LeaveEvent"/> it may be waiting for the server to stop.</summary>
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

    /// <summary>
    /// Completes when there is none, or when all that are left have been inside a method of the server's events for so long. Only for a
    /// server that accepts no more.
    /// </summary>
    public async Task EndedAsync(TimeSpan patience)
    {
        while (true)
        {
            await When(ref _unhandled, static me => me.AreUnhandled).ConfigureAwait(false);
            await When(ref _empty, static me => me._connections.Count == 0).WaitAsync(patience)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_connections)
            {
                if (AreUnhandled)
                    return;
            }
        }
    }

    /// <summary>Closes those that are left under their handlers, and any that was accepted and is only about to be added.</summary>
    public void Abort()
    {
        UnixServerConnection[] left;
        lock (_connections)
        {
            left = [.. _connections];
            _aborted = true;
        }

        foreach (var connection in left)
            connection.Abort();
    }

    private bool AreUnhandled => _connections.Count == _inEvents;

    private Task When(ref TaskCompletionSource? source, Func<ActiveConnections, bool> isSo)
    {
        lock (_connections)
        {
            if (isSo(this))
                return Task.CompletedTask;
            source ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return source.Task;
        }
    }

    private void Signal()
    {
        if (_connections.Count == 0)
            Complete(ref _empty);
        if (AreUnhandled)
            Complete(ref _unhandled);
    }

    private static void Complete(ref TaskCompletionSource? source)
    {
        source?.TrySetResult(); // continues elsewhere
        source = null;
    }
}
