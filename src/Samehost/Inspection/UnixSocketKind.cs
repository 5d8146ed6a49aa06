namespace Samehost;

/// <summary>How a local socket carries what is sent through it (unix(7)). The numbers are those of socket(2).</summary>
public enum UnixSocketKind
{
    /// <summary>Bytes over a connection (SOCK_STREAM).</summary>
    Stream = 1,

    /// <summary>Messages without a connection (SOCK_DGRAM).</summary>
    Datagram = 2,

    /// <summary>Records over a connection (SOCK_SEQPACKET).</summary>
    Seqpacket = 5,
}
