using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Stress.Running;

namespace Samehost.Stress.Drift;

/// <summary>
/// Clients of a long-running server connect, send, close, abort and send unwanted descriptors. After each cycle the server must return to
/// its base line of connections, descriptors, threads and memory, which the first cycles set.
/// </summary>
internal sealed class DriftCampaign : Campaign
{
    private const int WarmUp = 4;
    private const int ClientsPerCycle = 400;
    private const int MaxConcurrency = 40;

    // Timers and the thread pool start and end threads, each with up to three descriptors for a moment.
    private const int ThreadTolerance = 6;
    private const int DescriptorTolerance = 6;
    private const long ManagedTolerance = 3 << 20;
    private const long ResidentTolerance = 96 << 20;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    public override string Name => "drift";

    public override string Description =>
        "Connects, aborts and disconnects for as long as wanted: descriptors, threads and memory of the server return to their base line.";

    public override async Task RunAsync(CampaignRun run)
    {
        await using var server = run.Processes.StartWorker("drift-server", run.GetPath("server.sock"));
        await server.ExpectAsync("ready");
        run.Count("clients", 0);
        Counts? baseLine = null;
        for (var cycle = 0; run.IsRunning; cycle++)
        {
            await RunCycleAsync(run, server);
            if (cycle < WarmUp)
            {
                var now = await WaitForIdleCountsAsync(server);
                baseLine = baseLine is { } before ? before.Max(now) : now;
                continue;
            }
            await ExpectBaseLineAsync(run, server, baseLine!.Value);
            run.Count("cycles");
        }
        server.CloseInput();
        if (await server.WaitForExitAsync() is var status && status != 0)
            throw new CampaignException($"The server ended with {status}: {server.Errors}");
    }

    private static async Task RunCycleAsync(CampaignRun run, Worker server)
    {
        var address = run.GetEndPoint("server.sock");
        using var slots = new SemaphoreSlim(MaxConcurrency);
        var clients = new List<Task>();
        for (var client = 0; client < ClientsPerCycle && !run.Canceled.IsCancellationRequested; client++)
        {
            await slots.WaitAsync(run.Canceled);
            var random = new Random(run.Random.Next());
            clients.Add(Task.Run(async () =>
            {
                try
                {
                    await RunClientAsync(address, random).WaitAsync(WaitTimeout);
                }
                catch (TimeoutException)
                {
                    throw new CampaignException($"A client has waited {WaitTimeout.TotalSeconds} s.");
                }
                finally
                {
                    slots.Release();
                }
            }));
        }
        await Task.WhenAll(clients);
        await server.RequestAsync("restart");
        run.Count("clients", clients.Count);
    }

    private static async Task RunClientAsync(UnixEndPoint address, Random random)
    {
        var behavior = random.Next(7);
        await using var stream = await UnixStream.ConnectAsync(address);
        var bytes = new byte[random.Next(1, 50_000)];
        switch (behavior)
        {
            case 0: // connects and closes
                break;
            case 1: // sends, receives and closes
                await stream.WriteAsync(bytes.AsMemory(0, Math.Min(bytes.Length, 4096)));
                stream.ShutdownWrite();
                while (await stream.ReadAsync(bytes) > 0)
                {
                }
                break;
            case 2: // closes without reading the response, which is a reset
                await stream.WriteAsync(bytes.AsMemory(0, Math.Min(bytes.Length, 4096)));
                break;
            case 3: // closes while the server writes to it
                using (var limit = new CancellationTokenSource(20))
                {
                    try
                    {
                        while (true)
                            await stream.WriteAsync(bytes, limit.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        // both directions are full
                    }
                }
                break;
            case 4: // sends descriptors that the server does not accept
                using (var descriptor = File.OpenHandle("/dev/null"))
                {
                    try
                    {
                        await stream.SendAsync(new byte[1], Enumerable.Repeat<SafeHandle>(descriptor, 16).ToArray());
                    }
                    catch (UnixSocketException e) when (e.Errno is Errno.EPERM)
                    {
                        // newer kernels reject them
                    }
                }
                break;
            case 5: // shuts down one direction and closes
                stream.ShutdownRead();
                await stream.WriteAsync(bytes.AsMemory(0, 1));
                break;
            default: // a few round trips
                for (var round = random.Next(1, 20); round > 0; round--)
                {
                    await stream.WriteAsync(bytes.AsMemory(0, 1));
                    await stream.ReadExactlyAsync(bytes.AsMemory(0, 1));
                }
                break;
        }
    }

    private static async Task ExpectBaseLineAsync(CampaignRun run, Worker server, Counts baseLine)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var now = await WaitForIdleCountsAsync(server);
            if (now.DescribeExcess(baseLine) is not { } excess)
            {
                run.CountMaximum("managed KiB above the base line at most", Math.Max(0, now.Managed - baseLine.Managed) >> 10);
                run.CountMaximum("resident MiB", now.Resident >> 20);
                return;
            }
            if (Stopwatch.GetElapsedTime(start) > WaitTimeout)
                throw new CampaignException($"After {run.GetCount("clients")} clients it does not return to its base line: {excess}");
            await Task.Delay(200, run.Canceled);
        }
    }

    /// <summary>Waits until all connections have ended.</summary>
    private static async Task<Counts> WaitForIdleCountsAsync(Worker server)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var reply = await server.RequestAsync("counts");
            var numbers = reply.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            if (numbers[0] == 0)
                return new Counts(numbers[1], numbers[2], numbers[3], numbers[4]);
            if (Stopwatch.GetElapsedTime(start) > WaitTimeout)
                throw new CampaignException($"{numbers[0]} connections of clients that left are still being served.");
            await Task.Delay(20);
        }
    }

    private readonly record struct Counts(long Descriptors, long Threads, long Managed, long Resident)
    {
        public Counts Max(Counts other) => new(
            Math.Max(Descriptors, other.Descriptors), Math.Max(Threads, other.Threads), Math.Max(Managed, other.Managed),
            Math.Max(Resident, other.Resident));

        /// <summary>Returns which count exceeds its tolerance; null when none does.</summary>
        public string? DescribeExcess(Counts baseLine)
        {
            if (Descriptors > baseLine.Descriptors + DescriptorTolerance)
                return $"{Descriptors} descriptors, {baseLine.Descriptors} before.";
            if (Threads > baseLine.Threads + ThreadTolerance)
                return $"{Threads} threads, {baseLine.Threads} before.";
            if (Managed > baseLine.Managed + ManagedTolerance)
                return $"{Managed:N0} managed bytes, {baseLine.Managed:N0} before.";
            return Resident > baseLine.Resident + ResidentTolerance
                ? $"{Resident:N0} resident bytes, {baseLine.Resident:N0} before."
                : null;
        }
    }
}
