namespace Samehost.Bench.Roles;

/// <summary>Both ends of the round trip with the blocking calls of Samehost.</summary>
internal static class SamehostSyncPingPong
{
    public static Task Serve(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        using UnixStream client = listener.Accept();
        byte[] message = new byte[64];
        while (client.Read(message) is int count and > 0)
            client.Write(message.AsSpan(0, count));
        return Task.CompletedTask;
    }

    public static Task Ask(string[] arguments)
    {
        using UnixStream server = UnixStream.Connect(UnixEndPoint.FromPath(arguments[0]));
        var clock = new RoundTripClock(arguments[1], arguments[2]);
        while (clock.Next())
        {
            server.Write(clock.Request);
            server.ReadExactly(clock.Reply);
        }

        return Task.CompletedTask;
    }
}
