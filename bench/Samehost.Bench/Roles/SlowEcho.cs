using System.Net.Sockets;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Roles;

/// <summary>Echo servers whose handlers take their time for the requests that are marked: <c>sleep MILLISECONDS</c> or
/// <c>compute STEPS</c>.</summary>
internal static class SlowEcho
{
    private const int Mark = sizeof(long); // the byte that the load generator sets

    public static async Task ServeSamehost(string[] arguments)
    {
        Action slow = Slowness(arguments);
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[2]));
        Roles.SayReady();
        while (true)
            _ = Echo(await listener.AcceptAsync(), slow);
    }

    public static async Task ServeSockets(string[] arguments)
    {
        Action slow = Slowness(arguments);
        using Socket listener = LocalSocket.Listen(arguments[2], 4096);
        Roles.SayReady();
        while (true)
            _ = Echo(await listener.AcceptAsync(), slow);
    }

    private static async Task Echo(UnixStream client, Action slow)
    {
        await using (client)
        {
            byte[] buffer = new byte[64];
            while (await client.ReadAsync(buffer) is int count and > 0)
            {
                if (buffer[Mark] != 0)
                    slow();
                await client.WriteAsync(buffer.AsMemory(0, count));
            }
        }
    }

    private static async Task Echo(Socket client, Action slow)
    {
        using (client)
        {
            byte[] buffer = new byte[64];
            while (await client.ReceiveAsync(buffer.AsMemory()) is int count and > 0)
            {
                if (buffer[Mark] != 0)
                    slow();
                await client.SendAsync(buffer.AsMemory(0, count));
            }
        }
    }

    private static Action Slowness(string[] arguments)
    {
        int amount = int.Parse(arguments[1]);
        return arguments[0] == "sleep" ? () => Thread.Sleep(amount) : () => Computation.Do(amount);
    }
}
