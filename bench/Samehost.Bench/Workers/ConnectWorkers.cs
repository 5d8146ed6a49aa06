using System.Net.Sockets;

namespace Samehost.Bench.Workers;

/// <summary>Clients that connect again and again, and servers that accept and close.</summary>
internal static class ConnectWorkers
{
    public static Task ServeSamehostSync(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        while (true)
            listener.Accept().Dispose();
    }

    public static Task ConnectSamehostSync(string[] arguments)
    {
        var server = UnixEndPoint.FromPath(arguments[0]);
        var nothing = new byte[1];
        for (var counter = new RoundTripCounter(arguments[1], arguments[2]); counter.Count();)
        {
            using var stream = UnixStream.Connect(server);
            if (stream.Read(nothing) != 0)
                throw new InvalidDataException("the server did not close");
        }

        return Task.CompletedTask;
    }

    public static async Task ServeSamehostAsync(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        while (true)
            await (await listener.AcceptAsync()).DisposeAsync();
    }

    public static async Task ConnectSamehostAsync(string[] arguments)
    {
        var server = UnixEndPoint.FromPath(arguments[0]);
        var nothing = new byte[1];
        for (var counter = new RoundTripCounter(arguments[1], arguments[2]); counter.Count();)
        {
            await using var stream = await UnixStream.ConnectAsync(server);
            if (await stream.ReadAsync(nothing) != 0)
                throw new InvalidDataException("the server did not close");
        }
    }

    public static async Task ServeSocketsAsync(string[] arguments)
    {
        using var listener = LocalSocket.Listen(arguments[0], 4096);
        Worker.ReportReady();
        while (true)
            (await listener.AcceptAsync()).Dispose();
    }

    public static async Task ConnectSocketsAsync(string[] arguments)
    {
        var server = new UnixDomainSocketEndPoint(arguments[0]);
        var nothing = new byte[1];
        for (var counter = new RoundTripCounter(arguments[1], arguments[2]); counter.Count();)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(server);
            if (await socket.ReceiveAsync(nothing.AsMemory()) != 0)
                throw new InvalidDataException("the server did not close");
        }
    }
}
