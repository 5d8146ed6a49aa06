namespace Samehost.TestPeer;

/// <summary>
/// <c>run PATH [--way WAY]</c>: echoes until a signal ends it, and prints <c>stopped</c> and whether it has drained. Ways: <c>stubborn</c>:
/// handlers never end, and the drain has no timeout; <c>twice</c>: runs again after the first signal; <c>exit</c>: exits with an open
/// server and datagram socket; <c>bare</c>: has sockets without a server, and a <see cref="ShutdownSignal"/>; <c>binding</c>: binds and
/// closes continuously.
/// </summary>
internal static class RunServer
{
    public static void Run(PeerArguments arguments) => RunAsync(arguments).GetAwaiter().GetResult();

    private static async Task RunAsync(PeerArguments arguments)
    {
        var way = arguments.Option("--way") ?? "";
        var beside = UnixEndPoint.FromPath(arguments.Path.Path + ".2");
        if (way is "bare" or "binding")
        {
            using var shutdown = new ShutdownSignal();
            if (way == "binding")
                await BindRepeatedlyAsync(arguments.Path);
            using var listener = UnixListener.Listen(arguments.Path);
            using var datagrams = UnixDatagram.Bind(beside);
            Console.WriteLine("ready");
            Console.WriteLine($"received {await shutdown.Received}");
            await new TaskCompletionSource().Task; // never completes
        }

        await using var server = Start(arguments.Path, way);
        if (way == "exit")
        {
            using var datagrams = UnixDatagram.Bind(beside);
            Console.WriteLine("ready");
            Environment.Exit(3);
        }
        var running = server.RunAsync();
        Console.WriteLine("ready");
        Console.WriteLine($"stopped {await running}");
        if (way == "twice")
        {
            await using var again = Start(arguments.Path, way);
            running = again.RunAsync();
            Console.WriteLine("ready");
            Console.WriteLine($"stopped {await running}");
        }
    }

    private static UnixServer Start(UnixEndPoint path, string way) => UnixServer.Start(
        path,
        way == "stubborn" ? static (_, _) => new TaskCompletionSource().Task : EchoAsync,
        new UnixServerOptions { DrainTimeout = way == "stubborn" ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(5) });

    private static Task BindRepeatedlyAsync(UnixEndPoint path)
    {
        Console.WriteLine("ready");
        while (true)
            UnixListener.Listen(path).Dispose();
    }

    private static async Task EchoAsync(UnixStream stream, CancellationToken stopping)
    {
        var buffer = new byte[4096];
        for (int count; (count = await stream.ReadAsync(buffer, stopping)) > 0;)
            await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
    }
}
