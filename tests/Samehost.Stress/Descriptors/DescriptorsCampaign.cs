using System.Diagnostics;
using Samehost.Stress.Running;

namespace Samehost.Stress.Descriptors;

/// <summary>
/// Floods a server that accepts descriptors and has a small descriptor limit, until it has none left. The server must not exit, must serve
/// earlier clients within a second, and must serve new clients after the attacker has disconnected.
/// </summary>
internal sealed class DescriptorsCampaign : Campaign
{
    private const int MinServingLimit = 100;

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    public override string Name => "descriptors";

    public override string Description =>
        "Floods a server with descriptors under small limits: it lives, and serves others within a second.";

    public int[] Limits { get; set; } = [];

    public int? Starts { get; set; }

    public string? Server { get; set; }

    public override async Task RunAsync(CampaignRun run)
    {
        run.ReportProgress($"the server is {(Server is null ? "just-in-time compiled" : Path.GetFullPath(Server))}");
        for (var start = 0; Starts is { } starts ? start < starts && !run.Canceled.IsCancellationRequested : run.IsRunning; start++)
        {
            foreach (var limit in Limits)
            {
                if (Starts is null && !run.IsRunning)
                    return;
                await AttackAsync(run, limit, new Random(run.Random.Next()));
            }
        }
    }

    private async Task AttackAsync(CampaignRun run, int limit, Random random)
    {
        var program = Server is null ? BuiltPrograms.Peer : [Path.GetFullPath(Server)];
        await using var server = run.Processes.Start(
            ["/bin/sh", "-c", $"ulimit -n {limit} && exec \"$@\"", "sh", .. program, "serve-frames", run.GetPath("frames.sock")]);
        if (await ReadFirstLineAsync(server) is var first && first != "ready")
        {
            var status = await server.WaitForExitAsync();
            // Either the server reports EMFILE, or the runtime writes an error and ends by SIGABRT (128 + 6).
            var reported = first?.StartsWith("failed EMFILE", StringComparison.Ordinal) == true || server.Errors.Length > 0;
            if (limit >= MinServingLimit || !reported)
                throw Failure(limit, $"the server does not start; status {status}: {first} {server.Errors.Trim()}");
            run.Count($"starts with {limit} that the server declined");
            return;
        }

        using var stalls = new ProcessDelayMeter();
        var address = run.GetEndPoint("frames.sock");
        await using var bystander = await ConnectBystanderAsync(limit, server, address);
        await RequestAsync(run, limit, server, bystander, stalls, warm: true);
        using (var attacker = new DescriptorFlood(address, limit, random))
        {
            while (attacker.IsRunning)
            {
                await attacker.AdvanceAsync(run.Canceled);
                await RequestAsync(run, limit, server, bystander, stalls);
            }
            run.Count("descriptors sent", attacker.Sent);
            run.CountMaximum("connections of an attacker", attacker.Connections);
            run.CountMaximum($"open of {limit}", CountOpenDescriptors(server));
            for (var more = 0; more < 5; more++)
                await RequestAsync(run, limit, server, bystander, stalls);
        }

        await ExpectNewClientIsServedAsync(run, limit, server, address);
        await RequestAsync(run, limit, server, bystander, stalls);
        bystander.Dispose();
        server.CloseInput();
        if (await server.WaitForExitAsync() is var end && end != 0)
            throw Failure(limit, $"at its end the server fails with status {end}: {server.Errors.Trim()}");
        run.Count($"starts with {limit}");
    }

    private static async Task<string?> ReadFirstLineAsync(Worker server)
    {
        try
        {
            return await server.ReadLineAsync(StartTimeout);
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"The server neither starts nor says why not. {server.Errors.Trim()}");
        }
    }

    private static async Task<FrameClient> ConnectBystanderAsync(int limit, Worker server, UnixEndPoint address)
    {
        try
        {
            return await FrameClient.ConnectAsync(address);
        }
        catch (UnixSocketException e)
        {
            await server.KillAsync();
            throw Failure(limit, $"the first client is not served: {e.Message} {server.Errors.Trim()}");
        }
    }

    private static async Task RequestAsync(
        CampaignRun run, int limit, Worker server, FrameClient client, ProcessDelayMeter stalls, bool warm = false)
    {
        stalls.Take();
        var start = Stopwatch.GetTimestamp();
        try
        {
            await client.RequestAsync().WaitAsync(StartTimeout);
        }
        catch (Exception e) when (e is IOException or UnixSocketException or TimeoutException)
        {
            await Task.WhenAny(server.WaitForExitAsync(), Task.Delay(ResponseTimeout));
            var state = server.HasExited ? $"the server has ended with status {server.ExitCode}" : "the server lives";
            await server.KillAsync();
            throw Failure(limit, $"a client that was there before the attack is no longer served ({e.Message}), and {state}. " +
                server.Errors.Trim());
        }
        var took = Stopwatch.GetElapsedTime(start);
        if (took <= ResponseTimeout || warm)
            run.CountMaximum("ms at most for an answer", warm ? 0 : (long)took.TotalMilliseconds);
        else if (stalls.Take() is var stall && stall > ResponseTimeout / 4)
            run.Count("answers not judged because the machine was busy");
        else
            throw Failure(limit, $"a client waited {took.TotalSeconds:0.0} s; this process stalled {stall.TotalSeconds:0.00} s");
    }

    private static async Task ExpectNewClientIsServedAsync(CampaignRun run, int limit, Worker server, UnixEndPoint address)
    {
        try
        {
            await using var newcomer = await FrameClient.ConnectAsync(address);
            await newcomer.RequestAsync().WaitAsync(limit < MinServingLimit ? ResponseTimeout : StartTimeout);
        }
        catch (Exception e) when (e is IOException or UnixSocketException or TimeoutException)
        {
            if (limit < MinServingLimit && !server.HasExited)
            {
                // The runtime itself uses nearly all of them, so the server does not accept.
                run.Count($"newcomers that wait with {limit}");
                return;
            }
            var state = server.HasExited ? "dead" : "alive";
            await server.KillAsync();
            var reports = $"{e.Message} {server.Errors.Trim()}";
            throw Failure(limit, $"no new client is served after the attacker has left; the server is {state}: {reports}");
        }
    }

    private static int CountOpenDescriptors(Worker server)
    {
        try
        {
            return Directory.GetFileSystemEntries($"/proc/{server.Id}/fd").Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static CampaignException Failure(int limit, string problem) => new($"With a limit of {limit} descriptors {problem}");
}

/// <summary>Measures how long this process itself was delayed, to distinguish a slow machine from a slow server.</summary>
internal sealed class ProcessDelayMeter : IDisposable
{
    private const int Period = 20; // milliseconds

    private readonly Timer _timer;
    private long _last = Stopwatch.GetTimestamp();
    private long _longest;

    public ProcessDelayMeter() => _timer = new Timer(_ => Update(), null, Period, Period);

    /// <summary>Returns the longest delay since the last call.</summary>
    public TimeSpan Take()
    {
        Update();
        return TimeSpan.FromTicks(Interlocked.Exchange(ref _longest, 0));
    }

    public void Dispose() => _timer.Dispose();

    private void Update()
    {
        var now = Stopwatch.GetTimestamp();
        var late = Stopwatch.GetElapsedTime(Interlocked.Exchange(ref _last, now), now).Ticks;
        if (late > Interlocked.Read(ref _longest))
            Interlocked.Exchange(ref _longest, late);
    }
}
