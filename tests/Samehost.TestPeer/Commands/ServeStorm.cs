using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost.TestPeer;

/// <summary>
/// <c>serve-storm PATH [--rounds N]</c>: each round starts a server, has three threads connect without pause, and disposes of the server
/// under that load. Says <c>descriptors BEFORE AFTER</c> and how many connects succeeded.
/// </summary>
internal static class ServeStorm
{
    private const int Threads = 3;

    public static void Run(PeerArguments arguments)
    {
        MakeAllLoops();
        int connected = Round(arguments.Path); // the first one makes what stays, such as the pool
        int before = OpenDescriptors();
        for (int round = arguments.Number("--rounds", 20); round > 0; round--)
            connected += Round(arguments.Path);
        Console.WriteLine($"descriptors {before} {OpenDescriptors()}");
        Console.WriteLine($"connected {connected}");
    }

    /// <summary>They come with so many sockets, have descriptors of their own, and stay.</summary>
    private static void MakeAllLoops()
    {
        var crowd = Enumerable.Range(0, 150).Select(_ => SocketContext.CreatePair(LibcSocket.SOCK_STREAM)).ToArray();
        foreach (var (first, second) in crowd)
            _ = (first.Loop, second.Loop);
        foreach (var (first, second) in crowd)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    private static int Round(UnixEndPoint path)
    {
        using var enough = new CountdownEvent(200);
        int connected = 0;
        bool over = false;
        UnixServer server = UnixServer.Start(path, static async (stream, stopping) =>
        {
            byte[] buffer = new byte[16];
            while (await stream.ReadAsync(buffer, stopping) is > 0 and var count)
                await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
        });
        var threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                var open = new Queue<UnixStream>();
                while (!Volatile.Read(ref over))
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
                        // the server is gone, or its backlog full; another thread signaled last
                    }
                    if (open.Count > 16)
                        open.Dequeue().Dispose();
                }
                while (open.TryDequeue(out UnixStream? stream))
                    stream.Dispose();
            });
            threads[i].Start();
        }
        enough.Wait();
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Volatile.Write(ref over, true);
        foreach (Thread thread in threads)
            thread.Join();
        return connected;
    }

    /// <summary>Those of the kinds that the library opens: the runtime has a pair of pipes for each thread.</summary>
    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Count(path =>
        new FileInfo(path).LinkTarget is { } target
        && (target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("anon_inode:", StringComparison.Ordinal)));
}
