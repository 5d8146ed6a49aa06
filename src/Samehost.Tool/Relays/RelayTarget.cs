using System.Net.Sockets;
using Samehost.Tool.Arguments;

namespace Samehost.Tool.Relays;

/// <summary>What clients are relayed to: a new connection for each of them.</summary>
internal sealed class RelayTarget(RelayOptions options)
{
    private int _inheritedIsTaken;

    /// <exception cref="SocketException">The server cannot be reached; a <see cref="UnixSocketException"/> where it is local.</exception>
    public async Task<RelayPeer> ConnectAsync(CancellationToken stop)
    {
        ToolAddress to = options.To;
        if (to.Kind == ToolAddressKinds.Tcp)
            return TcpConnection.Adopt(await TcpConnection.ConnectAsync(to.Host, to.Port, options.Wait, stop));
        if (to.Kind == ToolAddressKinds.Descriptor)
        {
            return Interlocked.Exchange(ref _inheritedIsTaken, 1) == 0
                ? InheritedSocket.Open(to).Connection(options)
                : throw new SocketException((int)SocketError.IsConnected, $"{to} is one connection, and somebody has it already");
        }
        RelayPeer server = options.Kind == SocketKind.Seqpacket
            ? RelayPeer.Of(await UnixSeqpacket.ConnectAsync(to.Local!, options.Connecting, stop))
            : RelayPeer.Of(await UnixStream.ConnectAsync(to.Local!, options.Connecting, stop));
        if (!server.IsOurselves)
            return server;
        // FROM by another name, such as a symbolic link: each connection would make one more, until there are no descriptors left.
        server.Dispose();
        throw new UnixSocketException(Errno.EDEADLK, "connect", to.Local,
            "Whoever listens there is this relay itself: TO has to be the server's address, and FROM another one.");
    }
}
