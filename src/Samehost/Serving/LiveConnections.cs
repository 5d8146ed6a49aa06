namespace Samehost.Serving;

/// <summary>The connections that a server is serving now.</summary>
internal sealed class LiveConnections
{
    private readonly HashSet<ServedConnection> _connections = [];
    private TaskCompletionSource? _empty;

    public int Count
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

    public void Add(ServedConnection connection)
    {
        lock (_connections)
            _connections.Add(connection);
    }

    public void Remove(ServedConnection connection)
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

    /// <summary>Closes those that are left under their handlers.</summary>
    public void Abort()
    {
        ServedConnection[] left;
        lock (_connections)
            left = [.. _connections];
        foreach (var connection in left)
            connection.Abort();
    }
}
