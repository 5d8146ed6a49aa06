using System.Text;

namespace Samehost.TestPeer;

/// <summary>
/// <c>handover-turns PATH --control PATH</c>: a server that comes and goes. At the line <c>listen</c> it binds, at <c>take</c> it takes
/// over; then it says <c>serving</c>. When it has handed over and drained it says <c>left</c>. It sends back one line of each connection
/// and closes; connections that it was given go on, and it puts their state before each line. <c>take</c> is also to be had in two steps,
/// <c>request</c> and <c>confirm</c>, without serving.
/// </summary>
internal static class HandoverTurns
{
    public static void Run(PeerArguments arguments)
    {
        var control = UnixEndPoint.FromPath(arguments.Option("--control")!);
        Console.WriteLine("ready");
        UnixAcceptedHandover? requested = null;
        while (Console.ReadLine() is { } line)
        {
            switch (line)
            {
                case "request":
                    requested = UnixHandover.AcceptAsync(control).GetAwaiter().GetResult();
                    Console.WriteLine("requested");
                    break;
                case "confirm":
                    Console.WriteLine(Confirms(requested!) ? "confirmed" : "not confirmed");
                    break;
                default:
                    ServeAsync(arguments.Path, control, line == "take").GetAwaiter().GetResult();
                    break;
            }
        }
    }

    private static bool Confirms(UnixAcceptedHandover requested)
    {
        try
        {
            requested.CompleteAsync().GetAwaiter().GetResult();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            requested.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static async Task ServeAsync(UnixEndPoint path, UnixEndPoint control, bool take)
    {
        UnixServer server;
        if (take)
        {
            await using var accepted = await UnixHandover.AcceptAsync(control);
            server = UnixServer.Start(accepted.Listener!, AnswerOnceAsync);
            foreach (var connection in await accepted.CompleteAsync())
                _ = GoOnAsync(connection);
        }
        else
        {
            server = UnixServer.Start(path, AnswerOnceAsync);
        }

        var options = new UnixHandoverOptions { Failed = e => Console.WriteLine($"failed {e.Message}") };
        var handover = UnixHandover.Offer(control, server, options);
        Console.WriteLine("serving");
        _ = LeaveAsync(handover, server);
    }

    private static async Task LeaveAsync(UnixHandoverOffer handover, UnixServer server)
    {
        await handover.Completion;
        Console.WriteLine(await server.StopAsync() ? "left" : "left clients unserved");
    }

    private static async Task AnswerOnceAsync(UnixStream stream, CancellationToken stopping)
    {
        byte[] buffer = new byte[64];
        int count = 0;
        do
        {
            // Not by the token: who was accepted is answered, also when we are leaving.
            int read = await stream.ReadAsync(buffer.AsMemory(count), CancellationToken.None);
            if (read == 0)
                return;
            count += read;
        }
        while (buffer[count - 1] != '\n');
        await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
    }

    private static async Task GoOnAsync(UnixHandoverConnection connection)
    {
        await using var stream = connection.Stream;
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { } line)
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Encoding.ASCII.GetString(connection.State.Span)}{line}\n"));
    }
}
