using System.Net.Sockets;

namespace Samehost.Diagnostics;

/// <summary>Options of <see cref="UnixExplanation"/>; they are copied when an explanation is made.</summary>
public sealed class UnixExplainOptions
{
    /// <summary>The type of the socket that would make the call: stream (the default), dgram or seqpacket.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Local sockets have no such type.</exception>
    public SocketType SocketType
    {
        get;
        set => field = value is SocketType.Stream or SocketType.Dgram or SocketType.Seqpacket
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A local socket is of type Stream, Dgram or Seqpacket.");
    } = SocketType.Stream;

    /// <summary>The user who would make the call; null, the default, for the user of the calling thread.</summary>
    public UnixUser? User { get; set; }

    /// <summary>
    /// Whether a socket file may be probed for a socket that is bound to it; true by default. The probe is a connect(2) of a datagram
    /// socket, of which a server receives nothing. Without it, a socket in another network namespace, which only root can look into, can be
    /// taken for a stale file.
    /// </summary>
    public bool Probe { get; set; } = true;
}
