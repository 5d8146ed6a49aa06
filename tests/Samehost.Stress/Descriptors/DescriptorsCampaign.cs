using System.Diagnostics;
using Samehost.Stress.Running;

namespace Samehost.Stress.Descriptors;

/// <summary>
/// A server that takes descriptors has a small limit of its own. One user fills its writes and sends it descriptors until it has no room
/// left. It must live and serve others, who were there before, within a second, and serve newcomers when the attacker has gone.
/// </summary>
internal sealed class DescriptorsCampaign : Campaign
{
    private const int SmallestThatMustServe = 100;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    public override string Name => "descriptors";

    public override string Description =>
        "Floods a server with descriptors under small limits: it lives, and serves others within a second.";

    public int[] Limits { get; set; } = [];

    public int? Starts { get; set; }

    public string? Server { get; set; }

    public override async Task RunAsync(CampaignRun run)
    {
        run.Note($"the server is {(Server is null ? "just-in-time compiled" : Path.GetFullPath(Server))}");
        for (var start = 0; Starts is { } starts ? start < starts && !run.Canceled.IsCancellationRequested : run.GoesOn; start++)
        {
            foreach (var limit in Limits)
            {
                if (Starts is null && !run.GoesOn)
                    return;
                await AttackAsync(run, limit, new Random(run.Random.Next()));
            }
        }
    }

    private async Task AttackAsync(CampaignRun run, int limit, Random random)
    {
        string[] program = Server is null ? BuiltPrograms.Peer : [Path.GetFullPath(Server)];
        await using var server = run.Processes.Start(
            ["/bin/sh", "-c", $"ulimit -n {limit} && exec \"$@\"", "sh", .. program, "serve-frames", run.At("frames.sock")]);
        if (await FirstLineAsync(server) is var first && first != "ready")
        {
            var status = await server.EndAsync();
            // Either the server says that there are too few descriptors, or the runtime, which then ends by SIGABRT (128 + 6).
            var says = first?.StartsWith("failed EMFILE", StringComparison.Ordinal) == true || server.Errors.Length > 0;
            if (limit >= SmallestThatMustServe || !says)
                throw Failure(limit, $"the server does not start; status {status}: {first} {server.Errors.Trim()}");
            run.Count($"starts with {limit} that the server declined");
            return;
        }

        using var stalls = new StallWatch();
        var address = run.AddressAt("frames.sock");
        await using var bystander = await ConnectBystanderAsync(limit, server, address);
        await AskAsync(run, limit, server, bystander, stalls, warm: true);
        using (var attacker = new DescriptorFlood(address, limit, random))
        {
            while (attacker.GoesOn)
            {
                await attacker.AdvanceAsync(run.Canceled);
                await AskAsync(run, limit, server, bystander, stalls);
            }
            run.Count("descriptors sent", attacker.Sent);
            run.Most("connections of an attacker", attacker.Connections);
            run.Most($"open of {limit}", OpenIn(server));
            for (var more = 0; more < 5; more++)
                await AskAsync(run, limit, server, bystander, stalls);
        }

        await ExpectNewcomerAsync(run, limit, server, address);
        await AskAsync(run, limit, server, bystander, stalls);
        bystander.Dispose();
        server.Close();
        if (await server.EndAsync() is var end && end != 0)
            throw Failure(limit, $"at its end the server fails with status {end}: {server.Errors.Trim()}");
        run.Count($"starts with {limit}");
    }

    private static async Task<string?> FirstLineAsync(Worker server)
    {
        try
        {
            return await server.ReadLineAsync(StartTime);
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

    private static async Task AskAsync(
        CampaignRun run, int limit, Worker server, FrameClient client, StallWatch stalls, bool warm = false)
    {
        stalls.Take();
        var start = Stopwatch.GetTimestamp();
        try
        {
            await client.AskAsync().WaitAsync(StartTime);
        }
        catch (Exception e) when (e is IOException or UnixSocketException or TimeoutException)
        {
            await Task.WhenAny(server.EndAsync(), Task.Delay(AnswerTime));
            var state = server.HasExited ? $"the server has ended with status {server.ExitCode}" : "the server lives";
            await server.KillAsync();
            throw Failure(limit, $"a client that was there before the attack is no longer served ({e.Message}), and {state}. " +
                server.Errors.Trim());
        }
        var took = Stopwatch.GetElapsedTime(start);
        if (took <= AnswerTime || warm)
            run.Most("ms at most for an answer", warm ? 0 : (long)took.TotalMilliseconds);
        else if (stalls.Take() is var stall && stall > AnswerTime / 4)
            run.Count("answers not judged because the machine was busy");
        else
            throw Failure(limit, $"a client waited {took.TotalSeconds:0.0} s; this process stalled {stall.TotalSeconds:0.00} s");
    }

    private static async Task ExpectNewcomerAsync(CampaignRun run, int limit, Worker server, UnixEndPoint address)
    {
        try
        {
            await using var newcomer = await FrameClient.ConnectAsync(address);
            await newcomer.AskAsync().WaitAsync(limit < SmallestThatMustServe ? AnswerTime : StartTime);
        }
        catch (Exception e) when (e is IOException or UnixSocketException or TimeoutException)
        {
            if (limit < SmallestThatMustServe && !server.HasExited)
            {
                // The runtime alone holds nearly all of them, so that accepting waits.
                run.Count($"newcomers that wait with {limit}");
                return;
            }
            var state = server.HasExited ? "dead" : "alive";
            await server.KillAsync();
            var reports = $"{e.Message} {server.Errors.Trim()}";
            throw Failure(limit, $"no new client is served after the attacker has left; the server is {state}: {reports}");
        }
    }

    private static int OpenIn(Worker server)
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
