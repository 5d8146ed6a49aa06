namespace Samehost.Diagnostics;

/// <summary>What a local socket was made to do so far. The numbers are those of the kernel's table.</summary>
public enum UnixSocketState
{
    /// <summary>It has a peer, or had one: a stream or seqpacket connection stays in this state after the other side has closed.</summary>
    Connected = 1,

    /// <summary>Neither connected nor listening. A datagram socket that only receives is in this state too.</summary>
    Unconnected = 7,

    /// <summary>It takes connections.</summary>
    Listening = 10,
}
