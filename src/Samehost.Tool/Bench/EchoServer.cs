using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Bench;

/// <summary>An echo server that somebody runs: connected to anew for each measurement.</summary>
internal sealed record EchoServer(ToolAddress Address, SocketKind Kind)
{
    /// <summary>Letters, and a newline at the end for servers that read lines.</summary>
    public static byte[] Message(int size)
    {
        byte[] message = new byte[size];
        message.AsSpan().Fill((byte)'.');
        message[^1] = (byte)'\n';
        return message;
    }

    /// <summary>A read that waits longer than anybody should have to fails.</summary>
    public static void LimitReads(BlockingChannel channel) => LibcTransport.LimitReads(channel.Handle, Comparison.Patience);

    /// <summary>A connection whose calls wait, but not for ever.</summary>
    public BlockingChannel Connect()
    {
        BlockingChannel channel = Address.Local is { } local ? ConnectLocal(local) : ConnectTcp();
        LimitReads(channel);
        return channel;
    }

    private BlockingChannel ConnectLocal(UnixEndPoint server)
    {
        try
        {
            switch (Kind)
            {
                case SocketKind.Stream:
                    UnixStream stream = UnixStream.Connect(server);
                    return Waiting(stream, stream.Handle, keepsRecords: false);
                case SocketKind.Seqpacket:
                    UnixSeqpacket seqpacket = UnixSeqpacket.Connect(server);
                    return Waiting(seqpacket, seqpacket.Handle, keepsRecords: true);
                default:
                    UnixDatagram datagram = UnixDatagram.Bind(
                        UnixEndPoint.Autobind, new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone });
                    datagram.Connect(server);
                    return Waiting(datagram, datagram.Handle, keepsRecords: true);
            }
        }
        catch (UnixSocketException error) when (error.Operation == "connect")
        {
            throw ConnectError.Of(error, Kind);
        }
    }

    private BlockingChannel ConnectTcp()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(Address.Host, Address.Port);
            return new(socket.SafeHandle, socket.SafeHandle, keepsRecords: false, socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new TcpException(error, "connect", Address.Host, Address.Port);
        }
    }

    // The library's sockets never wait inside a call; here it is the calls that are measured.
    private static BlockingChannel Waiting(IDisposable owner, SafeHandle handle, bool keepsRecords)
    {
        LibcConnection.MakeBlocking(handle);
        return new(handle, handle, keepsRecords, owner);
    }
}
