using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Workers;

/// <summary>
/// Echo servers: plain ones; slow ones, whose handlers sleep or compute for marked requests (<c>sleep MILLISECONDS</c> or
/// <c>compute STEPS</c>); and ones for very many idle connections, which print how many managed bytes are alive for each line of standard
/// input.
/// </summary>
internal static class EchoWorkers
{
    private const int Backlog = 4096;
    private const int BufferSize = 4096;
    private const int MessageSize = 64;
    private const int MarkOffset = sizeof(long); // the byte that the load generator sets

    public static Task ServeSamehost(string[] arguments) => ServeSamehost(arguments[0], client => Echo(client, new byte[BufferSize]));

    public static Task ServeSockets(string[] arguments) => ServeSockets(arguments[0], client => Echo(client, new byte[BufferSize]));

    public static Task ServeSamehostIdle(string[] arguments)
    {
        ReportMemoryOnRequest();
        return ServeSamehost(arguments[0], client => Echo(client, new byte[MessageSize]));
    }

    public static Task ServeSocketsIdle(string[] arguments)
    {
        ReportMemoryOnRequest();
        return ServeSockets(arguments[0], client => Echo(client, new byte[MessageSize]));
    }

    public static Task ServeSamehostSlow(string[] arguments)
    {
        var work = GetWork(arguments);
        return ServeSamehost(arguments[2], client => EchoSlowly(client, work));
    }

    public static Task ServeSocketsSlow(string[] arguments)
    {
        var work = GetWork(arguments);
        return ServeSockets(arguments[2], client => EchoSlowly(client, work));
    }

    private static async Task ServeSamehost(string path, Func<UnixStream, Task> handle)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(path));
        Worker.ReportReady();
        while (true)
            _ = handle(await listener.AcceptAsync());
    }

    private static async Task ServeSockets(string path, Func<Socket, Task> handle)
    {
        using var listener = LocalSocket.Listen(path, Backlog);
        Worker.ReportReady();
        while (true)
            _ = handle(await listener.AcceptAsync());
    }

    private static async Task Echo(UnixStream client, byte[] buffer)
    {
        await using (client)
        {
            while (await client.ReadAsync(buffer) is int count and > 0)
                await client.WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private static async Task Echo(Socket client, byte[] buffer)
    {
        using (client)
        {
            while (await client.ReceiveAsync(buffer.AsMemory()) is int count and > 0)
                await client.SendAsync(buffer.AsMemory(0, count));
        }
    }

    private static async Task EchoSlowly(UnixStream client, Action work)
    {
        await using (client)
        {
            var buffer = new byte[MessageSize];
            while (await client.ReadAsync(buffer) is int count and > 0)
            {
                if (buffer[MarkOffset] != 0)
                    work();
                await client.WriteAsync(buffer.AsMemory(0, count));
            }
        }
    }

    private static async Task EchoSlowly(Socket client, Action work)
    {
        using (client)
        {
            var buffer = new byte[MessageSize];
            while (await client.ReceiveAsync(buffer.AsMemory()) is int count and > 0)
            {
                if (buffer[MarkOffset] != 0)
                    work();
                await client.SendAsync(buffer.AsMemory(0, count));
            }
        }
    }

    private static Action GetWork(string[] arguments)
    {
        var amount = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        return arguments[0] == "sleep" ? () => Thread.Sleep(amount) : () => Computation.Run(amount);
    }

    private static void ReportMemoryOnRequest() => new Thread(() =>
    {
        while (Console.ReadLine() is not null)
            Console.WriteLine($"{ResultLine.Start}managed={GC.GetTotalMemory(forceFullCollection: true)}");
    })
    {
        IsBackground = true,
    }.Start();
}

/// <summary>Computes in steps of equal duration.</summary>
internal static class Computation
{
    private const int CalibrationSteps = 1_000_000;
    private static readonly Lazy<double> StepsPerSecond = new(Calibrate);
    private static ulong s_result = 1;

    public static int StepsIn(TimeSpan time) => (int)(StepsPerSecond.Value * time.TotalSeconds);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run(int steps)
    {
        var x = s_result;
        for (var i = 0; i < steps; i++)
        {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }

        s_result = x;
    }

    // The fastest of several, because other processes only make it slower.
    private static double Calibrate() => CalibrationSteps / Enumerable.Range(0, 20).Min(_ =>
    {
        var start = Stopwatch.GetTimestamp();
        Run(CalibrationSteps);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    });
}
