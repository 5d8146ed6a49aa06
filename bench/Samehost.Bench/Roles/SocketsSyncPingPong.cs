using System.Net.Sockets;

namespace Samehost.Bench.Roles;

/// <summary>Both ends of the round trip with the blocking calls of System.Net.Sockets.</summary>
internal static class SocketsSyncPingPong
{
    public static Task Serve(string[] arguments)
    {
        using Socket listener = LocalSocket.Listen(arguments[0], 1);
        Roles.SayReady();
        using Socket client = listener.Accept();
        byte[] message = new byte[64];
        while (Receive(client, message))
            client.Send(message);
        return Task.CompletedTask;
    }

    public static Task Ask(string[] arguments)
    {
        using Socket server = LocalSocket.Connect(arguments[0]);
        var clock = new RoundTripClock(arguments[1], arguments[2]);
        while (clock.Next())
        {
            server.Send(clock.Request);
            if (!Receive(server, clock.Reply))
                throw new EndOfStreamException();
        }

        return Task.CompletedTask;
    }

    private static bool Receive(Socket socket, byte[] message)
    {
        for (int have = 0; have < message.Length;)
        {
            int count = socket.Receive(message.AsSpan(have));
            if (count == 0)
                return false;
            have += count;
        }

        return true;
    }
}
