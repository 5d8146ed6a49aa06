namespace Samehost.Serving;

/// <summary>The connections that a server is serving now.</summary>
internal sealed class LiveConnections
{
    private readonly HashSet<UnixServerConnection> _connections = [];
    private TaskCompletionSource? _empty;
    private bool _aborted;

    public int Count
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

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
            if (_connections.Count == 0)
                _empty?.TrySetResult();
        }
    }

    /// <summary>Ends when there is none. Only for a server that accepts no more.</summary>
    public Task Empty()
    {
        lock (_connections)
        {
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_connections.Count == 0)
                _empty.TrySetResult();
            return _empty.Task;
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
}
