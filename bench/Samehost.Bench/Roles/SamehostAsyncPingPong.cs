namespace Samehost.Bench.Roles;

/// <summary>Both ends of the round trip with the asynchronous calls of Samehost.</summary>
internal static class SamehostAsyncPingPong
{
    public static async Task Serve(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        await using UnixStream client = await listener.AcceptAsync();
        byte[] message = new byte[64];
        while (await client.ReadAsync(message) is int count and > 0)
            await client.WriteAsync(message.AsMemory(0, count));
    }

    public static async Task Ask(string[] arguments)
    {
        await using UnixStream server = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(arguments[0]));
        var clock = new RoundTripClock(arguments[1], arguments[2]);
        while (clock.Next())
        {
            await server.WriteAsync(clock.Request);
            for (int have = 0; have < clock.Reply.Length;)
            {
                int count = await server.ReadAsync(clock.Reply.AsMemory(have));
                have += count > 0 ? count : throw new EndOfStreamException();
            }
        }
    }
}
