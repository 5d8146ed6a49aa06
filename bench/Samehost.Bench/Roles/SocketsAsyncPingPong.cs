using System.Net.Sockets;

namespace Samehost.Bench.Roles;

/// <summary>Both ends of the round trip with the asynchronous calls of System.Net.Sockets.</summary>
internal static class SocketsAsyncPingPong
{
    public static async Task Serve(string[] arguments)
    {
        using Socket listener = LocalSocket.Listen(arguments[0], 1);
        Roles.SayReady();
        using Socket client = await listener.AcceptAsync();
        byte[] message = new byte[64];
        while (await client.ReceiveAsync(message.AsMemory()) is int count and > 0)
            await client.SendAsync(message.AsMemory(0, count));
    }

    public static async Task Ask(string[] arguments)
    {
        using Socket server = LocalSocket.Connect(arguments[0]);
        var clock = new RoundTripClock(arguments[1], arguments[2]);
        while (clock.Next())
        {
            await server.SendAsync(clock.Request.AsMemory());
            for (int have = 0; have < clock.Reply.Length;)
            {
                int count = await server.ReceiveAsync(clock.Reply.AsMemory(have));
                have += count > 0 ? count : throw new EndOfStreamException();
            }
        }
    }
}
