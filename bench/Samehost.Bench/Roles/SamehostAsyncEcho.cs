namespace Samehost.Bench.Roles;

/// <summary>The echo server as one writes it with the asynchronous calls of Samehost.</summary>
internal static class SamehostAsyncEcho
{
    public static async Task Serve(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        while (true)
            _ = Echo(await listener.AcceptAsync());
    }

    private static async Task Echo(UnixStream client)
    {
        await using (client)
        {
            byte[] buffer = new byte[4096];
            while (await client.ReadAsync(buffer) is int count and > 0)
                await client.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
