using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Stress.Running;

namespace Samehost.Stress.Drift;

/// <summary>
/// Clients of a long-lived server come, talk, leave, abort and send what nobody wants. After each cycle the server has to be back at its
/// base line: no connection, no descriptor, no thread and no memory more than after the first cycles.
/// </summary>
internal sealed class DriftCampaign : Campaign
{
    private const int WarmUp = 4;
    private const int ClientsOfACycle = 400;
    private const int AtOnce = 40;

    // Timers and thread pools start and end threads on their own account, with three descriptors for a moment.
    private const int ThreadsMore = 6;
    private const int DescriptorsMore = 6;
    private const long ManagedMore = 3 << 20;
    private const long ResidentMore = 96 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public override string Name => "drift";

    public override string Description =>
        "Connects, aborts and disconnects for as long as wanted: descriptors, threads and memory of the server return to their base line.";

    public override async Task RunAsync(CampaignRun run)
    {
        await using var server = run.Processes.StartWorker("drift-server", run.At("server.sock"));
        await server.ExpectAsync("ready");
        run.Count("clients", 0);
        Counts? baseLine = null;
        for (var cycle = 0; run.GoesOn; cycle++)
        {
            await CycleAsync(run, server);
            if (cycle < WarmUp)
            {
                var now = await QuietAsync(server);
                baseLine = baseLine is { } before ? before.Max(now) : now;
                continue;
            }
            await ReturnAsync(run, server, baseLine!.Value);
            run.Count("cycles");
        }
        server.Close();
        if (await server.EndAsync() is var status && status != 0)
            throw new CampaignException($"The server ended with {status}: {server.Errors}");
    }

    private static async Task CycleAsync(CampaignRun run, Worker server)
    {
        var address = run.AddressAt("server.sock");
        using var room = new SemaphoreSlim(AtOnce);
        var clients = new List<Task>();
        for (var client = 0; client < ClientsOfACycle && !run.Canceled.IsCancellationRequested; client++)
        {
            await room.WaitAsync(run.Canceled);
            var random = new Random(run.Random.Next());
            clients.Add(Task.Run(async () =>
            {
                try
                {
                    await ComeAndGoAsync(address, random).WaitAsync(Patience);
                }
                catch (TimeoutException)
                {
                    throw new CampaignException($"A client has waited {Patience.TotalSeconds} s.");
                }
                finally
                {
                    room.Release();
                }
            }));
        }
        await Task.WhenAll(clients);
        await server.AskAsync("restart");
        run.Count("clients", clients.Count);
    }

    private static async Task ComeAndGoAsync(UnixEndPoint address, Random random)
    {
        var behavior = random.Next(7);
        await using var stream = await UnixStream.ConnectAsync(address);
        var bytes = new byte[random.Next(1, 50_000)];
        switch (behavior)
        {
            case 0: // connects, and leaves
                break;
            case 1: // talks, and leaves in order
                await stream.WriteAsync(bytes.AsMemory(0, Math.Min(bytes.Length, 4096)));
                stream.ShutdownWrite();
                while (await stream.ReadAsync(bytes) > 0)
                {
                }
                break;
            case 2: // leaves its answer unread, which is a reset
                await stream.WriteAsync(bytes.AsMemory(0, Math.Min(bytes.Length, 4096)));
                break;
            case 3: // leaves while the server writes to it
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
            case 4: // sends descriptors that nobody asked for
                using (var descriptor = File.OpenHandle("/dev/null"))
                {
                    try
                    {
                        await stream.SendAsync(new byte[1], Enumerable.Repeat<SafeHandle>(descriptor, 16).ToArray());
                    }
                    catch (UnixSocketException e) when (e.Errno is Errno.EPERM)
                    {
                        // newer kernels refuse them
                    }
                }
                break;
            case 5: // ends one direction, and leaves
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

    private static async Task ReturnAsync(CampaignRun run, Worker server, Counts baseLine)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var now = await QuietAsync(server);
            if (now.Excess(baseLine) is not { } excess)
            {
                run.Most("managed KiB above the base line at most", Math.Max(0, now.Managed - baseLine.Managed) >> 10);
                run.Most("resident MiB", now.Resident >> 20);
                return;
            }
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new CampaignException($"After {run.CountOf("clients")} clients it does not return to its base line: {excess}");
            await Task.Delay(200, run.Canceled);
        }
    }

    /// <summary>Waits until all connections have ended.</summary>
    private static async Task<Counts> QuietAsync(Worker server)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var numbers = (await server.AskAsync("counts")).Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            if (numbers[0] == 0)
                return new Counts(numbers[1], numbers[2], numbers[3], numbers[4]);
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new CampaignException($"{numbers[0]} connections of clients that left are still being served.");
            await Task.Delay(20);
        }
    }

    private readonly record struct Counts(long Descriptors, long Threads, long Managed, long Resident)
    {
        public Counts Max(Counts other) => new(
            Math.Max(Descriptors, other.Descriptors), Math.Max(Threads, other.Threads), Math.Max(Managed, other.Managed),
            Math.Max(Resident, other.Resident));

        /// <summary>What there is too much of, or null.</summary>
        public string? Excess(Counts baseLine)
        {
            if (Descriptors > baseLine.Descriptors + DescriptorsMore)
                return $"{Descriptors} descriptors, {baseLine.Descriptors} before.";
            if (Threads > baseLine.Threads + ThreadsMore)
                return $"{Threads} threads, {baseLine.Threads} before.";
            if (Managed > baseLine.Managed + ManagedMore)
                return $"{Managed:N0} managed bytes, {baseLine.Managed:N0} before.";
            return Resident > baseLine.Resident + ResidentMore ? $"{Resident:N0} resident bytes, {baseLine.Resident:N0} before." : null;
        }
    }
}
