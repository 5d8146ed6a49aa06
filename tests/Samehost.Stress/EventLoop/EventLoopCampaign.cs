using System.Globalization;
using Samehost.Stress.Running;

namespace Samehost.Stress.EventLoop;

/// <summary>
/// Runs the event loops in a process with constant garbage collection and a small thread pool: transfers on streams, seqpacket and datagram
/// sockets with cancellations, closes during pending calls and continuations that block. Data is verified, and each call must complete.
/// </summary>
internal sealed class EventLoopCampaign : Campaign
{
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(60);

    public override string Name => "event-loop";

    public override string Description =>
        "Transfers with constant garbage collection, few threads, cancellations and closes during pending calls: all data arrives.";

    public int Threads { get; set; } = Environment.ProcessorCount;

    public override async Task RunAsync(CampaignRun run)
    {
        // A small generation 0 makes collections frequent.
        var environment = new Dictionary<string, string> { ["DOTNET_GCgen0size"] = "0x40000" };
        while (run.IsRunning)
        {
            await using var worker = run.Processes.Start(
                [ProcessGroup.Host, "exec", typeof(ProcessGroup).Assembly.Location, "worker", "event-loop",
                    run.Random.Next().ToString(CultureInfo.InvariantCulture), Threads.ToString(CultureInfo.InvariantCulture)],
                environment);
            await worker.ExpectAsync("ready");
            var end = run.Elapsed + TimeSpan.FromMinutes(2); // then a new process
            while (run.IsRunning && run.Elapsed < end)
            {
                await Task.WhenAny(Task.Delay(Timeout.Infinite, run.TimeIsOver), Task.Delay(500, CancellationToken.None));
                await ReportAsync(run, worker, "counts");
            }
            await ReportAsync(run, worker, "stop");
            worker.CloseInput();
            if (await worker.WaitForExitAsync() is var status && status != 0)
                throw new CampaignException($"The process under stress ended with {status}: {worker.Errors}");
            run.Count("processes");
        }
    }

    /// <summary>Adds the counts since the last report: <c>NUMBER WHAT,NUMBER WHAT…</c>, or <c>failed WHAT</c>.</summary>
    private static async Task ReportAsync(CampaignRun run, Worker worker, string command)
    {
        var report = await worker.RequestAsync(command, ReplyTimeout);
        if (report.StartsWith("failed ", StringComparison.Ordinal))
            throw new CampaignException(report["failed ".Length..]);
        foreach (var part in report.Split(','))
        {
            var words = part.Split(' ', 2);
            run.Count(words[1], long.Parse(words[0], CultureInfo.InvariantCulture));
        }
    }
}
