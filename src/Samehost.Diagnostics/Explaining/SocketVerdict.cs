using System.Net.Sockets;
using Samehost.Diagnostics.Sockets;
using Samehost.SocketFiles;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What connecting to the socket that an address leads to would come to.</summary>
internal static class SocketVerdict
{
    public static UnixVerdict Of(SocketProbeResult look, SocketType wanted, string address)
    {
        if (look.Life == SocketLiveness.Stale)
        {
            return UnixVerdict.Fails(Errno.ECONNREFUSED,
                $"{address} is a stale socket file: the socket that it was made for is closed, as when a server was killed.",
                ResponsibleParty.Server, "Start the server again. With this library it replaces the file; others may need it removed.");
        }
        if (look.Kind is { } kind && kind != wanted)
        {
            return UnixVerdict.Fails(Errno.EPROTOTYPE,
                $"A {SocketWords.Of(kind)} socket is at {address}, and only a {SocketWords.Of(kind)} socket can connect to it.",
                ResponsibleParty.Caller, $"Use a {SocketWords.Of(kind)} client, or have a {SocketWords.Of(wanted)} server there.");
        }
        if (wanted == SocketType.Dgram)
            return look.Kind is null ? OtherKind(address) : Datagram(look, address);
        if (look.Entry is null && look.Elsewhere is null)
        {
            return UnixVerdict.Unknown(
                $"A stream or seqpacket socket is at {address}, in a network namespace that cannot be seen from here.",
                "Ask as root, or in the container of the server.");
        }
        if (!look.IsListening)
            return NotListening(look, address);
        if (look.Entry is { IsReceivingEnded: true })
        {
            return UnixVerdict.Fails(Errno.ECONNREFUSED,
                $"The socket at {address} has been shut down: its server takes no connections any more.",
                ResponsibleParty.Server, "Restart the server.");
        }
        return look.Entry is { Pending: { } pending, Backlog: { } backlog } && pending > backlog
            ? UnixVerdict.Fails(Errno.EAGAIN,
                $"The backlog of {address} is full: {pending} connections wait to be accepted, and it was made for {backlog}. " +
                "A call that may wait does so until there is room.",
                ResponsibleParty.Server, "Find out what keeps the server from accepting, or have it listen with a larger backlog.")
            : UnixVerdict.Works($"A {SocketWords.Of(wanted)} socket listens at {address}.");
    }

    private static UnixVerdict OtherKind(string address) => UnixVerdict.Fails(Errno.EPROTOTYPE,
        $"A stream or seqpacket socket is at {address}, and a datagram socket cannot connect to it.",
        ResponsibleParty.Caller, "Use a stream or seqpacket client.");

    private static UnixVerdict Datagram(SocketProbeResult look, string address) => look.IsReserved
        ? UnixVerdict.Fails(Errno.EPERM,
            $"The datagram socket at {address} is connected to one peer, and takes messages from no other.",
            ResponsibleParty.Server, "Have the server receive with a socket that it does not connect.")
        : UnixVerdict.Works($"A datagram socket receives at {address}.");

    private static UnixVerdict NotListening(SocketProbeResult look, string address) =>
        look.Entry is { State: UnixSocketState.Connected }
            ? UnixVerdict.Fails(Errno.ECONNREFUSED,
                $"The socket at {address} is connected to another: it is a client's, with a name of its own, and no server's.",
                ResponsibleParty.Caller, "Give the path that the server listens at.")
            : UnixVerdict.Fails(Errno.ECONNREFUSED,
                $"A socket is bound to {address} and does not listen: its server is just starting, or hangs before listen(2).",
                ResponsibleParty.Server,
                "Try again in a moment (UnixConnectOptions.WaitFor does so), or look at what the server waits for.");
}
