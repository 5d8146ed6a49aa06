namespace Samehost.AspNetCore.Transport;

/// <summary>Periodically checks the connections of a listener whose disconnection no pending read would report.</summary>
/// <remarks>The timer runs only while there are such connections.</remarks>
internal sealed class DisconnectMonitor : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<UnixConnection> _connections = [];
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private int _isScheduled;

    public DisconnectMonitor() =>
        _timer = new Timer(static me => ((DisconnectMonitor)me!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Add(UnixConnection connection)
    {
        lock (_lock)
            _connections.Add(connection);
    }

    public void Remove(UnixConnection connection)
    {
        lock (_lock)
            _connections.Remove(connection);
    }

    public UnixConnection[] GetConnections()
    {
        lock (_lock)
            return [.. _connections];
    }

    /// <summary>Schedules a check, because a connection is being worked on with no read pending.</summary>
    public void Schedule()
    {
        if (Volatile.Read(ref _isScheduled) == 0 && Interlocked.Exchange(ref _isScheduled, 1) == 0)
            StartTimer();
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        Interlocked.Exchange(ref _isScheduled, 0); // before the list is read, so that a connection that comes later is checked next time
        UnixConnection[] unmonitored;
        lock (_lock)
            unmonitored = [.. _connections.Where(c => c.NeedsMonitoring)];
        if (unmonitored.Length > 0)
            Schedule(); // before the checks, which may run application code that blocks
        foreach (var connection in unmonitored)
            connection.CheckForDisconnect();
    }

    private void StartTimer()
    {
        try
        {
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The listener has stopped.
        }
    }
}
