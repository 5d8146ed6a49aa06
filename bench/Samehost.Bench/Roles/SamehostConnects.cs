namespace Samehost.Bench.Roles;

/// <summary>Connections that are made, accepted and closed, with Samehost.</summary>
internal static class SamehostConnects
{
    public static Task Serve(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        while (true)
            listener.Accept().Dispose();
    }

    public static Task Ask(string[] arguments)
    {
        UnixEndPoint server = UnixEndPoint.FromPath(arguments[0]);
        byte[] nothing = new byte[1];
        for (var clock = new RoundTripClock(arguments[1], arguments[2]); clock.Count();)
        {
            using UnixStream stream = UnixStream.Connect(server);
            if (stream.Read(nothing) != 0)
                throw new InvalidDataException("the server did not close");
        }

        return Task.CompletedTask;
    }

    public static async Task ServeAsync(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        while (true)
            await (await listener.AcceptAsync()).DisposeAsync();
    }

    public static async Task AskAsync(string[] arguments)
    {
        UnixEndPoint server = UnixEndPoint.FromPath(arguments[0]);
        byte[] nothing = new byte[1];
        for (var clock = new RoundTripClock(arguments[1], arguments[2]); clock.Count();)
        {
            await using UnixStream stream = await UnixStream.ConnectAsync(server);
            if (await stream.ReadAsync(nothing) != 0)
                throw new InvalidDataException("the server did not close");
        }
    }
}
