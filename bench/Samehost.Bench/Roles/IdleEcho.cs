using System.Net.Sockets;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Roles;

/// <summary>
/// Echo servers for very many connections, with buffers no larger than a message. To the line <c>memory</c> on standard input they
/// answer how many managed bytes are alive.
/// </summary>
internal static class IdleEcho
{
    public static async Task ServeSamehost(string[] arguments)
    {
        AnswerQuestions();
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        while (true)
            _ = Echo(await listener.AcceptAsync());
    }

    public static async Task ServeSockets(string[] arguments)
    {
        AnswerQuestions();
        using Socket listener = LocalSocket.Listen(arguments[0], 4096);
        Roles.SayReady();
        while (true)
            _ = Echo(await listener.AcceptAsync());
    }

    private static async Task Echo(UnixStream client)
    {
        await using (client)
        {
            byte[] buffer = new byte[64];
            while (await client.ReadAsync(buffer) is int count and > 0)
                await client.WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private static async Task Echo(Socket client)
    {
        using (client)
        {
            byte[] buffer = new byte[64];
            while (await client.ReceiveAsync(buffer.AsMemory()) is int count and > 0)
                await client.SendAsync(buffer.AsMemory(0, count));
        }
    }

    private static void AnswerQuestions() => new Thread(() =>
    {
        while (Console.ReadLine() is not null)
            Console.WriteLine($"{ResultLine.Start}managed={GC.GetTotalMemory(forceFullCollection: true)}");
    })
    {
        IsBackground = true,
    }.Start();
}
