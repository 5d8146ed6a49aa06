using System.Net.Sockets;

namespace Samehost.Bench.Roles;

/// <summary>Connections that are made, accepted and closed, with the asynchronous calls of System.Net.Sockets.</summary>
internal static class SocketsConnects
{
    public static async Task ServeAsync(string[] arguments)
    {
        using Socket listener = LocalSocket.Listen(arguments[0], 4096);
        Roles.SayReady();
        while (true)
            (await listener.AcceptAsync()).Dispose();
    }

    public static async Task AskAsync(string[] arguments)
    {
        var server = new UnixDomainSocketEndPoint(arguments[0]);
        byte[] nothing = new byte[1];
        for (var clock = new RoundTripClock(arguments[1], arguments[2]); clock.Count();)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(server);
            if (await socket.ReceiveAsync(nothing.AsMemory()) != 0)
                throw new InvalidDataException("the server did not close");
        }
    }
}
