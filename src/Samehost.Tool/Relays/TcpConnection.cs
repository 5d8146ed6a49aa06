using System.Net.Sockets;
using Samehost.Interop;

namespace Samehost.Tool.Relays;

/// <summary>TCP connections. The runtime's socket makes and owns them, and never waits on one: waiting is the loops' work.</summary>
internal static class TcpConnection
{
    public static RelayPeer Adopt(Socket socket)
    {
        socket.NoDelay = true; // small messages are passed on as they come
        var descriptor = new Descriptor((int)socket.Handle, ownsHandle: false);
        _ = LibcFcntl.SetNonBlocking(descriptor);
        return new RelayPeer(new RelayEnd(descriptor, isLocal: false), socket, $"{socket.RemoteEndPoint}");
    }

    /// <summary>Connects to one of the host's addresses; tries again until the time is over.</summary>
    /// <exception cref="TcpException">It failed.</exception>
    public static async Task<Socket> ConnectAsync(string host, int port, TimeSpan? wait, CancellationToken stop)
    {
        long deadline = Environment.TickCount64 + (long)(wait ?? TimeSpan.Zero).TotalMilliseconds;
        while (true)
        {
            // Connected on a thread of the pool: an asynchronous call would leave the socket with the runtime's own event loop.
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await using (stop.Register(socket.Dispose))
                    await Task.Run(() => socket.Connect(host, port), stop);
                return socket;
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                socket.Dispose();
                stop.ThrowIfCancellationRequested();
                if (error is not SocketException { SocketErrorCode: SocketError.ConnectionRefused } || Environment.TickCount64 >= deadline)
                    throw error is SocketException failed ? new TcpException(failed, "connect", host, port) : error;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop); // nothing tells when somebody begins to listen
        }
    }
}
