using System.Buffers.Binary;
using System.Net.Sockets;

namespace Samehost.Bench.Roles;

/// <summary>Datagrams one way with the asynchronous calls of System.Net.Sockets, told where each came from as a server is.</summary>
internal static class SocketsDatagrams
{
    public static async Task Receive(string[] arguments)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(arguments[0]));
        Roles.SayReady();
        byte[] buffer = new byte[MessageCount.MessageLength];
        var anybody = new UnixDomainSocketEndPoint("/");
        var count = new MessageCount(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            SocketReceiveFromResult received = await socket.ReceiveFromAsync(buffer, anybody);
            count.Take(buffer.AsSpan(0, received.ReceivedBytes));
        }
    }

    public static async Task Send(string[] arguments)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(arguments[0]));
        byte[] message = new byte[MessageCount.MessageLength];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            await socket.SendAsync(message);
        }
    }
}
