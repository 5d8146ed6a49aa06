using System.Text;

namespace Samehost.TestPeer;

/// <summary>
/// <c>handover-server PATH --control PATH</c>: a server that takes part in handovers. At <c>listen</c> it binds, at <c>accept</c> it
/// accepts a handover; then it prints <c>serving</c>. After its own handover and drain it prints <c>stopped</c>. It sends one line of each
/// connection back and closes it; connections that were handed over continue, with their state before each line. <c>request</c> and
/// <c>confirm</c> are the two steps of <c>accept</c>, without serving.
/// </summary>
internal static class HandoverServer
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
                    Console.WriteLine(TryConfirm(requested!) ? "confirmed" : "not confirmed");
                    break;
                default:
                    ServeAsync(arguments.Path, control, line == "accept").GetAwaiter().GetResult();
                    break;
            }
        }
    }

    private static bool TryConfirm(UnixAcceptedHandover requested)
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

    private static async Task ServeAsync(UnixEndPoint path, UnixEndPoint control, bool accept)
    {
        UnixServer server;
        if (accept)
        {
            await using var accepted = await UnixHandover.AcceptAsync(control);
            server = UnixServer.Start(accepted.Listener!, AnswerOnceAsync);
            foreach (var connection in await accepted.CompleteAsync())
                _ = ResumeAsync(connection);
        }
        else
        {
            server = UnixServer.Start(path, AnswerOnceAsync);
        }

        var options = new UnixHandoverOptions { OnFailed = e => Console.WriteLine($"failed {e.Message}") };
        var handover = UnixHandover.Offer(control, server, options);
        Console.WriteLine("serving");
        _ = StopAfterHandoverAsync(handover, server);
    }

    private static async Task StopAfterHandoverAsync(UnixHandoverOffer handover, UnixServer server)
    {
        await handover.Completion;
        Console.WriteLine(await server.StopAsync() ? "stopped" : "stopped with clients unserved");
    }

    private static async Task AnswerOnceAsync(UnixStream stream, CancellationToken stopping)
    {
        var buffer = new byte[64];
        var count = 0;
        do
        {
            // Without the token: an accepted client gets its response also when the server stops.
            var read = await stream.ReadAsync(buffer.AsMemory(count), CancellationToken.None);
            if (read == 0)
                return;
            count += read;
        }
        while (buffer[count - 1] != '\n');
        await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
    }

    private static async Task ResumeAsync(UnixHandoverConnection connection)
    {
        await using var stream = connection.Stream;
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { } line)
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Encoding.ASCII.GetString(connection.State.Span)}{line}\n"));
    }
}
