using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost.TestPeer;

/// <summary>
/// <c>serve-storm PATH [--rounds N]</c>: in each round starts a server, connects continuously on three threads, and disposes of the server
/// under that load. Prints <c>descriptors BEFORE AFTER</c> and how many connects succeeded.
/// </summary>
internal static class ServeStorm
{
    private const int Threads = 3;

    public static void Run(PeerArguments arguments)
    {
        CreateAllLoops();
        var connected = Round(arguments.Path); // the first round creates what stays, such as the pool
        var before = OpenDescriptors();
        for (var round = arguments.Number("--rounds", 20); round > 0; round--)
            connected += Round(arguments.Path);
        Console.WriteLine($"descriptors {before} {OpenDescriptors()}");
        Console.WriteLine($"connected {connected}");
    }

    /// <summary>Creates all event loops by opening many sockets; they have descriptors of their own, and stay.</summary>
    private static void CreateAllLoops()
    {
        var pairs = Enumerable.Range(0, 150).Select(_ => SocketContext.CreatePair(LibcSocket.SOCK_STREAM)).ToArray();
        foreach (var (first, second) in pairs)
            _ = (first.Loop, second.Loop);
        foreach (var (first, second) in pairs)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    private static int Round(UnixEndPoint path)
    {
        using var enough = new CountdownEvent(200);
        var connected = 0;
        var stopping = false;
        var server = UnixServer.Start(path, static async (stream, stopping) =>
        {
            var buffer = new byte[16];
            while (await stream.ReadAsync(buffer, stopping) is > 0 and var count)
                await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
        });
        var threads = new Thread[Threads];
        for (var i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                var open = new Queue<UnixStream>();
                while (!Volatile.Read(ref stopping))
                {
                    try
                    {
                        open.Enqueue(UnixStream.Connect(path, new UnixConnectOptions { BacklogTimeout = TimeSpan.Zero }));
                        Interlocked.Increment(ref connected);
                        if (!enough.IsSet)
                            enough.Signal();
                    }
                    catch (Exception e) when (e is UnixSocketException or InvalidOperationException)
                    {
                        // the server is closed, its backlog is full, or another thread signaled last
                    }
                    if (open.Count > 16)
                        open.Dequeue().Dispose();
                }
                while (open.TryDequeue(out var stream))
                    stream.Dispose();
            });
            threads[i].Start();
        }
        enough.Wait();
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Volatile.Write(ref stopping, true);
        foreach (var thread in threads)
            thread.Join();
        return connected;
    }

    /// <summary>Counts descriptors of the kinds that the library opens; the runtime has pipes of its own for each thread.</summary>
    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Count(path =>
        new FileInfo(path).LinkTarget is { } target
        && (target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("anon_inode:", StringComparison.Ordinal)));
}
