using System.Buffers;
using System.Diagnostics;

namespace Samehost.TestPeer;

/// <summary>
/// <c>serve PATH [--max N] [--per-user N] [--blocked-pool 1]</c>: echoes to all clients, optionally with all threads of the pool blocked.
/// Replies to <c>count</c>, <c>memory</c> (managed bytes) and <c>delays</c> (the number of reports of delayed accepts, and the shortest
/// time between two in ms). Stops at the end of its input.
/// </summary>
internal static class Serve
{
    public static void Run(PeerArguments arguments)
    {
        // Starts the timer and pool threads while descriptors are available; without them the runtime ends the process.
        Task.Delay(1).ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        var delays = new Delays();
        var server = UnixServer.Start(arguments.Path, EchoAsync, new UnixServerOptions
        {
            MaxConnections = arguments.Number("--max", 4096),
            MaxConnectionsPerUser = arguments.Number("--per-user", 4096),
            Events = delays,
        });
        if (arguments.Number("--blocked-pool", 0) != 0)
            BlockPool();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            Console.WriteLine(line switch
            {
                "count" => $"count {server.ConnectionCount}",
                "memory" => $"memory {GC.GetTotalMemory(forceFullCollection: true)}",
                "delays" => delays.ToString(),
                _ => $"unknown {line}",
            });
        }
        var drained = server.StopAsync().GetAwaiter().GetResult();
        Console.WriteLine($"drained {drained}");
    }

    private static void BlockPool()
    {
        var threads = Environment.ProcessorCount;
        ThreadPool.SetMinThreads(threads, threads);
        ThreadPool.SetMaxThreads(threads, threads);
        using var blocked = new CountdownEvent(threads);
        for (var i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    blocked.Signal();
                    new ManualResetEventSlim().Wait();
                },
                null);
        }

        blocked.Wait();
    }

    private static async Task EchoAsync(UnixStream stream, CancellationToken stopping)
    {
        while (true)
        {
            _ = await stream.ReadAsync(Memory<byte>.Empty, stopping); // an idle connection holds no buffer
            var buffer = ArrayPool<byte>.Shared.Rent(4096);
            var count = await stream.ReadAsync(buffer, stopping);
            if (count > 0)
                await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
            ArrayPool<byte>.Shared.Return(buffer);
            if (count == 0)
                return;
        }
    }

    private sealed class Delays : UnixServerEvents
    {
        private readonly Lock _lock = new();
        private int _count;
        private long _last;
        private TimeSpan _shortest = TimeSpan.FromHours(1);

        public override void AcceptDelayed(UnixSocketException error)
        {
            lock (_lock)
            {
                var now = Stopwatch.GetTimestamp();
                var gap = Stopwatch.GetElapsedTime(_last, now);
                if (_count++ > 0 && gap < _shortest)
                    _shortest = gap;
                _last = now;
            }
        }

        public override string ToString()
        {
            lock (_lock)
                return $"delays {_count} {(long)_shortest.TotalMilliseconds}";
        }
    }
}
