namespace Samehost.AspNetCore.Transport;

/// <summary>
/// Looks after the connections of a listener now and then: those that are being worked on with nothing to notice when the other side
/// leaves. It beats only while there are such.
/// </summary>
internal sealed class Pulse : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<UnixConnection> _connections = [];
    private readonly Timer _timer;
    private int _isBeating;

    public Pulse() => _timer = new Timer(static me => ((Pulse)me!).Beat(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Add(UnixConnection connection)
    {
        lock (_connections)
            _connections.Add(connection);
    }

    public void Remove(UnixConnection connection)
    {
        lock (_connections)
            _connections.Remove(connection);
    }

    public UnixConnection[] Connections()
    {
        lock (_connections)
            return [.. _connections];
    }

    /// <summary>A connection is being worked on, unwatched.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _isBeating) == 0 && Interlocked.Exchange(ref _isBeating, 1) == 0)
            BeatOnce();
    }

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        Interlocked.Exchange(ref _isBeating, 0); // before the look: whoever starts behind it is seen at the next beat
        UnixConnection[] unwatched;
        lock (_connections)
            unwatched = [.. _connections.Where(c => c.IsUnwatched)];
        if (unwatched.Length > 0)
            Start(); // before they are seen to: an application may run in there, and take its time
        foreach (var connection in unwatched)
            connection.Watch();
    }

    private void BeatOnce()
    {
        try
        {
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // the listener has stopped meanwhile
        }
    }
}
