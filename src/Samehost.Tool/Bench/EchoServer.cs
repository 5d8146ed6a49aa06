using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Bench;

/// <summary>A foreign echo server; each measurement connects anew.</summary>
internal sealed record EchoServer(ToolAddress Address, SocketType SocketType)
{
    /// <summary>Creates a message of letters with a newline at the end, for servers that read lines.</summary>
    public static byte[] CreateMessage(int size)
    {
        var message = new byte[size];
        message.AsSpan().Fill((byte)'.');
        message[^1] = (byte)'\n';
        return message;
    }

    /// <summary>Sets a timeout for reads.</summary>
    public static void SetReadTimeout(BlockingChannel channel) =>
        _ = LibcStructOptions.SetReceiveTimeout(channel.Handle, Comparison.AnswerTimeout);

    /// <summary>Connects with blocking calls that have a timeout.</summary>
    public BlockingChannel Connect()
    {
        var channel = Address.Local is { } local ? ConnectLocal(local) : ConnectTcp();
        SetReadTimeout(channel);
        return channel;
    }

    private BlockingChannel ConnectLocal(UnixEndPoint server)
    {
        try
        {
            switch (SocketType)
            {
                case SocketType.Stream:
                    var stream = UnixStream.Connect(server);
                    return MakeBlocking(stream, stream.SafeHandle, preservesMessages: false);
                case SocketType.Seqpacket:
                    var seqpacket = UnixSeqpacket.Connect(server);
                    return MakeBlocking(seqpacket, seqpacket.SafeHandle, preservesMessages: true);
                default:
                    var datagram = UnixDatagram.Bind(
                        UnixEndPoint.Autobind, new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone });
                    datagram.Connect(server);
                    return MakeBlocking(datagram, datagram.SafeHandle, preservesMessages: true);
            }
        }
        catch (UnixSocketException error) when (error.Operation == "connect")
        {
            throw ConnectError.Of(error, SocketType);
        }
    }

    private BlockingChannel ConnectTcp()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(Address.Host, Address.Port);
            return new(socket.SafeHandle, socket.SafeHandle, preservesMessages: false, socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new TcpException(error, "connect", Address.Host, Address.Port);
        }
    }

    // The library's sockets are non-blocking; here blocking calls are measured.
    private static BlockingChannel MakeBlocking(IDisposable owner, SafeHandle handle, bool preservesMessages)
    {
        _ = LibcFcntl.SetNonBlocking((Descriptor)handle, nonBlocking: false);
        return new(handle, handle, preservesMessages, owner);
    }
}
