namespace Samehost.Hosting;

/// <summary>The sockets that systemd passed to this process, for the servers and endpoints that name them.</summary>
internal static class SocketActivation
{
    private static readonly Lock Lock = new();
    private static SystemdListenSockets? _sockets;

    /// <summary>Takes the stream listener with a name, once.</summary>
    /// <returns>Null if none was passed or it has been taken.</returns>
    /// <exception cref="InvalidOperationException">The socket with that name is not a listening stream socket.</exception>
    public static UnixListener? TryTake(string name, UnixListenerOptions options) =>
        Find(name)?.TakeListener(options);

    /// <summary>Takes the seqpacket listener with a name, once.</summary>
    /// <returns>Null if none was passed or it has been taken.</returns>
    /// <exception cref="InvalidOperationException">The socket with that name is not a listening seqpacket socket.</exception>
    public static UnixSeqpacketListener? TryTakeSeqpacket(string name, UnixListenerOptions options) =>
        Find(name)?.TakeSeqpacketListener(options);

    private static SystemdListenSocket? Find(string name)
    {
        lock (Lock)
        {
            _sockets ??= SystemdListenSockets.Take();
            return _sockets.FirstOrDefault(s => s.Name == name && !s.IsTaken);
        }
    }
}
