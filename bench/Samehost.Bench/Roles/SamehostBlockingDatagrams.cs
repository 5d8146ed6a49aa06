using System.Buffers.Binary;

namespace Samehost.Bench.Roles;

/// <summary>Datagrams one way with the blocking calls of Samehost, one by one.</summary>
internal static class SamehostBlockingDatagrams
{
    public static Task Receive(string[] arguments)
    {
        using var socket = UnixDatagram.Bind(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        byte[] buffer = new byte[MessageCount.MessageLength];
        var count = new MessageCount(arguments[1], arguments[2]);
        while (!count.IsOver())
            count.Take(buffer.AsSpan(0, socket.Receive(buffer).Count));
        return Task.CompletedTask;
    }

    public static Task Send(string[] arguments)
    {
        using var socket = UnixDatagram.Create();
        socket.Connect(UnixEndPoint.FromPath(arguments[0]));
        byte[] message = new byte[MessageCount.MessageLength];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            socket.Send(message);
        }
    }
}
