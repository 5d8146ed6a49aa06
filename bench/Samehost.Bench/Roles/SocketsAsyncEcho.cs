using System.Net.Sockets;

namespace Samehost.Bench.Roles;

/// <summary>The echo server as one writes it with the asynchronous calls of System.Net.Sockets.</summary>
internal static class SocketsAsyncEcho
{
    public static async Task Serve(string[] arguments)
    {
        using Socket listener = LocalSocket.Listen(arguments[0], 4096);
        Roles.SayReady();
        while (true)
            _ = Echo(await listener.AcceptAsync());
    }

    private static async Task Echo(Socket client)
    {
        using (client)
        {
            byte[] buffer = new byte[4096];
            while (await client.ReceiveAsync(buffer.AsMemory()) is int count and > 0)
                await client.SendAsync(buffer.AsMemory(0, count));
        }
    }
}
