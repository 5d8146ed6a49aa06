namespace Samehost.Hosting;

/// <summary>The sockets that systemd passed to this process, for the servers and endpoints that name them or have their address.</summary>
internal static class SocketActivation
{
    private static readonly Lock Lock = new();
    private static SystemdListenSockets? _sockets;

    /// <summary>Finds the socket with a name, or else the one with an address.</summary>
    /// <param name="name">The name; null for none.</param>
    /// <param name="endPoint">The address; null for none.</param>
    /// <param name="kind">What the socket with the address has to be; taking one with the name as something else fails.</param>
    /// <param name="onHint">Receives the reason why there is none with a name although systemd passed sockets to another process.</param>
    /// <returns>Null if none was passed or it has been taken.</returns>
    public static SystemdListenSocket? Find(string? name, UnixEndPoint? endPoint, SystemdSocketKind kind, Action<string> onHint)
    {
        lock (Lock)
        {
            if (name is not null)
            {
                _sockets ??= SystemdListenSockets.Take();
                if (_sockets.Hint is { } hint)
                    onHint(hint);
                if (_sockets.FirstOrDefault(s => s.Name == name && !s.IsTaken) is { } named)
                    return named;
            }

            return endPoint is null ? null : SystemdListenSockets.Find(endPoint, kind) ?? _sockets?.FindAt(endPoint, kind);
        }
    }
}
