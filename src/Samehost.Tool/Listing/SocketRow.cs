using System.Net.Sockets;
namespace Samehost.Tool.Listing;

/// <summary>One row: a connection with both its ends, a socket that stands alone, or a stale file.</summary>
internal sealed record SocketRow(RowState State, UnixEndPoint EndPoint)
{
    public UnixSocketEntry? Client { get; init; }

    public UnixSocketEntry? Server { get; init; }

    /// <summary>The socket that listens at the name now, where there is one.</summary>
    public UnixSocketEntry? Listener { get; init; }

    /// <summary>How many are connected to a listener, or send to a receiver of datagrams.</summary>
    public int Connected { get; init; }

    /// <summary>Only of a stale file.</summary>
    public StaleSocketFile? File { get; init; }

    public SocketType? Kind => (Client ?? Server)?.SocketType;

    /// <summary>The client's end is there, but its peer is in another network namespace.</summary>
    public bool PeerIsElsewhere => State is RowState.Connected or RowState.Waiting && (Server ?? Listener) is null;

    public bool IsNamed => EndPoint.Kind != UnixEndPointKind.Unnamed;
}
