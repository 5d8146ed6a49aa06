using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>A socket of a link and its readiness, which edge-triggered epoll reports only once.</summary>
internal sealed class RelaySocket(Descriptor socket, bool isLocal, bool hasRecords = false)
{
    private const uint Ended = LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR;

    /// <summary>All events, edge-triggered: a link is registered once.</summary>
    public const uint Interest =
        LibcEpoll.EPOLLIN | LibcEpoll.EPOLLOUT | LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLET;

    public Descriptor Socket => socket;

    /// <summary>Whether it is a local socket, which can carry descriptors; otherwise TCP.</summary>
    public bool IsLocal => isLocal;

    public bool HasRecords => hasRecords;

    /// <summary>Whether there may be data to read.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>Whether there may be room to write.</summary>
    public bool IsWritable { get; set; } = true;

    /// <summary>Whether the peer has shut down sending: reading continues to the end of stream.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether the peer has closed: written data cannot arrive.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether both directions have ended and no further event is expected.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Updates the state from the events of epoll or poll.</summary>
    public void Update(uint events)
    {
        if ((events & (LibcEpoll.EPOLLIN | Ended)) != 0)
            IsReadable = true;
        if ((events & (LibcEpoll.EPOLLOUT | LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR)) != 0)
            IsWritable = true;
        HasEnded |= (events & Ended) != 0;
        IsClosed |= (events & LibcEpoll.EPOLLHUP) != 0;
        IsSettled |= (events & (LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR)) != 0;
    }

    /// <summary>Notes that a read was shorter than its buffer: the socket is empty, unless its end is still to be read.</summary>
    public void MarkEmpty() => IsReadable = HasEnded;
}

/// <summary>A connection to a client or to the server: its socket, the owner of the handle, and a description of the peer.</summary>
internal sealed record RelayEndpoint(RelaySocket End, IDisposable Owner, string Description) : IDisposable
{
    /// <summary>The peer's credentials; null over TCP.</summary>
    public PeerCredentials? Credentials { get; private init; }

    /// <summary>Whether the peer is this process.</summary>
    public bool IsOwnProcess => Credentials?.ProcessId == Environment.ProcessId;

    public static RelayEndpoint Of(UnixStream stream) =>
        Local((Descriptor)stream.SafeHandle, stream, stream.GetPeerCredentials(), hasRecords: false);

    public static RelayEndpoint Of(UnixSeqpacket connection) =>
        Local((Descriptor)connection.SafeHandle, connection, connection.GetPeerCredentials(), hasRecords: true);

    public void Dispose() => Owner.Dispose();

    private static RelayEndpoint Local(Descriptor socket, IDisposable owner, PeerCredentials credentials, bool hasRecords) =>
        new(new RelaySocket(socket, isLocal: true, hasRecords), owner, credentials.ToString()) { Credentials = credentials };
}
