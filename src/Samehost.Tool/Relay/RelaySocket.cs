using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>One socket of a link, and what has been said about it, which is remembered because epoll tells it only once.</summary>
internal sealed class RelaySocket(Descriptor socket, bool isLocal, bool hasRecords = false)
{
    private const uint Ended = LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR;

    /// <summary>Everything, each change once: a link is registered and never touched again.</summary>
    public const uint Interest =
        LibcEpoll.EPOLLIN | LibcEpoll.EPOLLOUT | LibcEpoll.EPOLLRDHUP | LibcEpoll.EPOLLET;

    public Descriptor Socket => socket;

    /// <summary>A local socket, which can carry descriptors; otherwise TCP.</summary>
    public bool IsLocal => isLocal;

    public bool HasRecords => hasRecords;

    /// <summary>There may be something to read.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>There may be room to write.</summary>
    public bool IsWritable { get; set; } = true;

    /// <summary>The peer sends no more: reading has to go on until it says so itself.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The peer has closed: nothing that is written can arrive.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Both directions are over, and there is nothing else to be told.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Takes in what epoll or poll tells.</summary>
    public void Note(uint events)
    {
        if ((events & (LibcEpoll.EPOLLIN | Ended)) != 0)
            IsReadable = true;
        if ((events & (LibcEpoll.EPOLLOUT | LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR)) != 0)
            IsWritable = true;
        HasEnded |= (events & Ended) != 0;
        IsGone |= (events & LibcEpoll.EPOLLHUP) != 0;
        IsSettled |= (events & (LibcEpoll.EPOLLHUP | LibcEpoll.EPOLLERR)) != 0;
    }

    /// <summary>A read returned less than there was room for: the socket is empty, unless its end is still to be read.</summary>
    public void WasEmptied() => IsReadable = HasEnded;
}

/// <summary>A connection to a client or to the server, with the socket that keeps it open and what can be said of who is there.</summary>
internal sealed record RelayEndpoint(RelaySocket End, IDisposable Owner, string Who) : IDisposable
{
    /// <summary>Who it is as the kernel tells; null over TCP.</summary>
    public PeerCredentials? Credentials { get; private init; }

    /// <summary>It is this process that is at the other end.</summary>
    public bool IsOurselves => Credentials?.ProcessId == Environment.ProcessId;

    public static RelayEndpoint Of(UnixStream stream) =>
        Local((Descriptor)stream.Handle, stream, stream.GetPeerCredentials(), hasRecords: false);

    public static RelayEndpoint Of(UnixSeqpacket connection) =>
        Local((Descriptor)connection.Handle, connection, connection.GetPeerCredentials(), hasRecords: true);

    public void Dispose() => Owner.Dispose();

    private static RelayEndpoint Local(Descriptor socket, IDisposable owner, PeerCredentials credentials, bool hasRecords) =>
        new(new RelaySocket(socket, isLocal: true, hasRecords), owner, credentials.ToString()) { Credentials = credentials };
}
