using System.Net.Sockets;

namespace Samehost.Bench.Workers;

/// <summary>Clients and servers that exchange one message at a time.</summary>
internal static class RoundTripWorkers
{
    public static Task ServeSamehostSync(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        using var client = listener.Accept();
        var message = new byte[64];
        while (client.Read(message) is int count and > 0)
            client.Write(message.AsSpan(0, count));
        return Task.CompletedTask;
    }

    public static Task RequestSamehostSync(string[] arguments)
    {
        using var server = UnixStream.Connect(UnixEndPoint.FromPath(arguments[0]));
        var counter = new RoundTripCounter(arguments[1], arguments[2]);
        while (counter.Next())
        {
            server.Write(counter.Request);
            server.ReadExactly(counter.Reply);
        }

        return Task.CompletedTask;
    }

    public static async Task ServeSamehostAsync(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        await using var client = await listener.AcceptAsync();
        var message = new byte[64];
        while (await client.ReadAsync(message) is int count and > 0)
            await client.WriteAsync(message.AsMemory(0, count));
    }

    public static async Task RequestSamehostAsync(string[] arguments)
    {
        await using var server = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(arguments[0]));
        var counter = new RoundTripCounter(arguments[1], arguments[2]);
        while (counter.Next())
        {
            await server.WriteAsync(counter.Request);
            for (var have = 0; have < counter.Reply.Length;)
            {
                var count = await server.ReadAsync(counter.Reply.AsMemory(have));
                have += count > 0 ? count : throw new EndOfStreamException();
            }
        }
    }

    public static Task ServeSocketsSync(string[] arguments)
    {
        using var listener = LocalSocket.Listen(arguments[0], 1);
        Worker.ReportReady();
        using var client = listener.Accept();
        var message = new byte[64];
        while (ReceiveWhole(client, message))
            client.Send(message);
        return Task.CompletedTask;
    }

    public static Task RequestSocketsSync(string[] arguments)
    {
        using var server = LocalSocket.Connect(arguments[0]);
        var counter = new RoundTripCounter(arguments[1], arguments[2]);
        while (counter.Next())
        {
            server.Send(counter.Request);
            if (!ReceiveWhole(server, counter.Reply))
                throw new EndOfStreamException();
        }

        return Task.CompletedTask;
    }

    private static bool ReceiveWhole(Socket socket, byte[] message)
    {
        for (var have = 0; have < message.Length;)
        {
            var count = socket.Receive(message.AsSpan(have));
            if (count == 0)
                return false;
            have += count;
        }

        return true;
    }

    public static async Task ServeSocketsAsync(string[] arguments)
    {
        using var listener = LocalSocket.Listen(arguments[0], 1);
        Worker.ReportReady();
        using var client = await listener.AcceptAsync();
        var message = new byte[64];
        while (await client.ReceiveAsync(message.AsMemory()) is int count and > 0)
            await client.SendAsync(message.AsMemory(0, count));
    }

    public static async Task RequestSocketsAsync(string[] arguments)
    {
        using var server = LocalSocket.Connect(arguments[0]);
        var counter = new RoundTripCounter(arguments[1], arguments[2]);
        while (counter.Next())
        {
            await server.SendAsync(counter.Request.AsMemory());
            for (var have = 0; have < counter.Reply.Length;)
            {
                var count = await server.ReceiveAsync(counter.Reply.AsMemory(have));
                have += count > 0 ? count : throw new EndOfStreamException();
            }
        }
    }
}
