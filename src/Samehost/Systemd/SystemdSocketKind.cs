namespace Samehost;

/// <summary>What a service manager has passed.</summary>
public enum SystemdSocketKind
{
    /// <summary>No socket: a FIFO, a file, a device, memory.</summary>
    NotASocket,

    /// <summary>A local stream socket that listens (<c>ListenStream=</c>).</summary>
    StreamListener,

    /// <summary>A local seqpacket socket that listens (<c>ListenSequentialPacket=</c>).</summary>
    SeqpacketListener,

    /// <summary>A local datagram socket (<c>ListenDatagram=</c>).</summary>
    Datagram,

    /// <summary>A local stream socket that does not listen: one connection (<c>Accept=yes</c>, or the descriptor store).</summary>
    Stream,

    /// <summary>A local seqpacket socket that does not listen: one connection.</summary>
    Seqpacket,

    /// <summary>A socket of another family: TCP, UDP, netlink.</summary>
    OtherSocket,
}
