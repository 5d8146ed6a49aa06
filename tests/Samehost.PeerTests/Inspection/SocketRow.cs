using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Samehost.PeerTests.Inspection;

/// <summary>What two programs can be compared by: one socket in words that both have.</summary>
internal sealed record SocketRow(
    uint Inode, string Kind, string State, long Receive, long Send, uint Peer, string Holders)
{
    private static readonly Regex HeldByUs = new($@"\b{Environment.ProcessId}/");

    public static SocketRow Of(UnixSocketEntry socket) => new(
        socket.Inode,
        socket.SocketType switch { SocketType.Stream => "u_str", SocketType.Dgram => "u_dgr", _ => "u_seq" },
        socket.State switch { UnixSocketState.Listening => "LISTEN", UnixSocketState.Connected => "ESTAB", _ => "UNCONN" },
        socket.Pending ?? socket.ReceiveQueue,
        socket.Backlog ?? socket.SendQueue,
        socket.PeerInode ?? 0,
        HoldersOf(socket.Processes.SelectMany(h => h.Descriptors.Select(d => (h.ProcessId, d)))));

    /// <summary>Without the queues of other processes' sockets, which change from one look to the next.</summary>
    public SocketRow Still() => HeldByUs.IsMatch(Holders) ? this : this with { Receive = 0, Send = 0 };

    public static string HoldersOf(IEnumerable<(int Process, int Descriptor)> holders) =>
        string.Join(' ', holders.Order().Select(h => $"{h.Process}/{h.Descriptor}"));
}
