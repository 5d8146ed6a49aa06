namespace Samehost.Diagnostics;

/// <summary>Two local sockets that are connected, or a client that waits to be accepted.</summary>
public sealed class UnixSocketConnection
{
    internal UnixSocketConnection(UnixSocketEntry client, UnixSocketEntry? server, UnixSocketEntry? listener)
    {
        Client = client;
        Server = server;
        Listener = listener;
    }

    /// <summary>
    /// The end that connected. Of two ends without a name (socketpair(2)), and of two datagram sockets connected to each other, the one
    /// with the lower number.
    /// </summary>
    public UnixSocketEntry Client { get; }

    /// <summary>The other end; null when it is closed, in another network namespace, or not made yet because nobody accepted.</summary>
    public UnixSocketEntry? Server { get; }

    /// <summary>The socket that listens at the server's name now; null for datagrams, for pairs, and when it is closed.</summary>
    public UnixSocketEntry? Listener { get; }

    /// <summary>True while the connection waits to be accepted.</summary>
    public bool IsWaiting => Client.IsWaiting;

    /// <summary>The name that the client connected to; unnamed for pairs, and where the server's end is not seen.</summary>
    public UnixEndPoint EndPoint => (Server ?? Listener)?.LocalEndPoint ?? UnixEndPoint.Unnamed;
}
