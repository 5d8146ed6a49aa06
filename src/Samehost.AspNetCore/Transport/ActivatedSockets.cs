namespace Samehost.AspNetCore.Transport;

/// <summary>What a service manager passed to this process, kept for the endpoints that ask for it by name.</summary>
internal static class ActivatedSockets
{
    private static readonly Lock Taking = new();
    private static SystemdListenSockets? _passed;

    /// <summary>The listener of that name, or null when none was passed. Each is given once.</summary>
    /// <exception cref="InvalidOperationException">Something else than a listening stream socket has the name.</exception>
    public static UnixListener? TryTake(string name, UnixListenerOptions options)
    {
        lock (Taking)
        {
            _passed ??= SystemdListenSockets.Take();
            return _passed.Any(s => s.Name == name && !s.IsTaken) ? _passed.TakeListener(name, options) : null;
        }
    }
}
