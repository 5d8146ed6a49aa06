using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Tool.Relay;

namespace Samehost.Tool.Connections;

/// <summary>Creates TCP connections. The runtime's socket owns them but never waits on them: the relay's event loops do.</summary>
internal static class TcpConnector
{
    public static RelayEndpoint Adopt(Socket socket)
    {
        socket.NoDelay = true; // small messages are sent at once
        var descriptor = new Descriptor((int)socket.Handle, ownsHandle: false);
        _ = LibcFcntl.SetNonBlocking(descriptor);
        return new RelayEndpoint(new RelaySocket(descriptor, isLocal: false), socket, $"{socket.RemoteEndPoint}");
    }

    /// <summary>Connects to one of the host's addresses; retries until the wait is over.</summary>
    /// <exception cref="TcpException">The connect failed.</exception>
    public static async Task<Socket> ConnectAsync(string host, int port, TimeSpan? wait, CancellationToken cancellationToken)
    {
        var deadline = Environment.TickCount64 + (long)(wait ?? TimeSpan.Zero).TotalMilliseconds;
        while (true)
        {
            // A synchronous connect on a pool thread: an asynchronous one would register the socket with the runtime's event loop.
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await using (cancellationToken.Register(socket.Dispose))
                    await Task.Run(() => socket.Connect(host, port), cancellationToken);
                return socket;
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                socket.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                if (error is not SocketException { SocketErrorCode: SocketError.ConnectionRefused } || Environment.TickCount64 >= deadline)
                    throw error is SocketException failed ? new TcpException(failed, "connect", host, port) : error;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken); // there is no notification of a new listener
        }
    }
}

/// <summary>A failed TCP call, in the form of the library's errors for local sockets: with the address as typed, and a hint.</summary>
internal sealed class TcpException(SocketException cause, string call, string host, int port)
    : SocketException((int)cause.SocketErrorCode, $"{call} failed: {Reason(cause, host)}: tcp:{Bracketed(host)}:{port}")
{
    public string? Hint => SocketErrorCode switch
    {
        SocketError.ConnectionRefused =>
            $"No server listens at that port: 'ss -ltnp sport = :{port}' on that machine shows whether a server does.",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery =>
            $"'getent hosts {host}' shows what the name stands for here.",
        SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
            "The host does not answer: check the address, the firewalls and the routes.",
        SocketError.AddressAlreadyInUse => $"'ss -ltnp sport = :{port}' shows who has the port.",
        SocketError.AccessDenied => "Ports below 1024 need root.",
        SocketError.AddressNotAvailable => "That address belongs to another machine; 0.0.0.0 is every address of this one.",
        _ => null,
    };

    private static string Reason(SocketException cause, string host) => cause.SocketErrorCode switch
    {
        // Errors of the resolver have no errno.
        SocketError.HostNotFound or SocketError.NoData => $"there is no host named {host}",
        SocketError.TryAgain or SocketError.NoRecovery => $"the name {host} cannot be resolved at the moment",
        _ => $"{Marshal.GetPInvokeErrorMessage(cause.NativeErrorCode)} ({cause.NativeErrorCode})",
    };

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
}
