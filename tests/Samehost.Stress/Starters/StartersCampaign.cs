using System.Diagnostics;
using System.Globalization;
using Samehost.Stress.Running;

namespace Samehost.Stress.Starters;

/// <summary>
/// Starts many servers at once at the stale file of a killed one. One of them must succeed, the others must fail with a documented error,
/// and the file of the first must not be deleted. In every second round an attacker modifies the directory: as root it is another user, in
/// a sticky directory.
/// </summary>
internal sealed class StartersCampaign : Campaign
{
    private const int OtherUser = 65534;
    private const string AttackerFiles = "attacker*";

    public override string Name => "starters";

    public override string Description =>
        "Starts many servers at once on a stale path, with an attacker in the directory: one wins, and no foreign file is touched.";

    public int Processes { get; set; } = 8;

    public override async Task RunAsync(CampaignRun run)
    {
        var directory = Directory.CreateDirectory(run.GetPath("d")).FullName;
        if (CampaignRun.IsRoot)
            File.SetUnixFileMode(directory, (UnixFileMode)0b001_111_111_111); // as /tmp
        else
            run.ReportProgress("not root: the attacker is the same user, so it makes and removes its own files only");
        var path = Path.Join(directory, "s.sock");
        var starters = Enumerable.Range(0, Processes).Select(_ => run.Processes.StartWorker("starter", path)).ToList();
        await using var attacker = StartAttacker(run, path);
        foreach (var starter in starters)
            await starter.ExpectAsync("ready");
        await attacker.ExpectAsync("ready");

        run.ReportProgress("all have started");
        for (var round = 0; run.IsRunning; round++)
        {
            var attacked = round % 2 == 1;
            if (attacked)
                attacker.Send("go");
            var winner = await RaceAsync(run, starters, mayLoseAll: attacked);
            if (winner is not null)
                await ExpectServedAsync(winner, path, attacked && !CampaignRun.IsRoot);
            if (attacked)
                await PauseAsync(run, attacker);
            if (winner is null)
            {
                run.Count("races that the attacker alone won");
                DeleteAttackerFiles(directory, path);
                continue;
            }
            run.Count(attacked ? "races under attack" : "races");
            await ExpectServedAsync(winner, path, skip: false);
            await StopWinnerAsync(run, starters, winner, path);
            DeleteAttackerFiles(directory, path: null);
        }
        foreach (var starter in starters)
            await starter.DisposeAsync();
    }

    private static Worker StartAttacker(CampaignRun run, string path)
    {
        var seed = run.Random.Next().ToString(CultureInfo.InvariantCulture);
        if (!CampaignRun.IsRoot)
            return run.Processes.StartWorker("attacker", path, seed, "files");
        string[] user = ["setpriv", $"--reuid={OtherUser}", $"--regid={OtherUser}", "--clear-groups"];
        var copy = BuiltPrograms.CopyForOthers(run.Directory);
        return run.Processes.Start([.. user, ProcessGroup.Host, "exec", copy, "worker", "attacker", path, seed, "sockets"]);
    }

    private static async Task<Worker?> RaceAsync(CampaignRun run, List<Worker> starters, bool mayLoseAll)
    {
        var moment = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 500; // all processes have read the line by then
        foreach (var starter in starters)
            starter.Send(string.Create(CultureInfo.InvariantCulture, $"race {moment}"));
        var winners = new List<Worker>();
        var losses = new List<string>();
        foreach (var starter in starters)
        {
            var outcome = await starter.ReadLineOrFailAsync();
            if (outcome == "won")
                winners.Add(starter);
            else
                losses.Add(outcome);
        }
        if (winners.Count > 1)
            throw new CampaignException($"{winners.Count} of {starters.Count} servers serve one path.");
        if (winners.Count == 0 && !mayLoseAll)
            throw new CampaignException($"None of {starters.Count} servers serves: {losses[0]}");
        foreach (var loss in losses)
        {
            // EAGAIN: the lock was held for longer than allowed. EACCES, EPERM: the attacker's file may not be accessed or deleted.
            string[] clear = mayLoseAll ? ["EADDRINUSE", "EAGAIN", "EACCES", "EPERM"] : ["EADDRINUSE"];
            if (!clear.Any(e => loss.StartsWith($"lost {e} ", StringComparison.Ordinal)))
                throw new CampaignException($"A server that lost reported: {loss}");
            run.Count("clear refusals");
        }
        return winners.Count == 1 ? winners[0] : null;
    }

    /// <summary>Connects to the path and checks which process serves there.</summary>
    private static async Task ExpectServedAsync(Worker winner, string path, bool skip)
    {
        if (skip)
            return;
        try
        {
            await using var stream = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(path));
            using var reader = new StreamReader(stream);
            var number = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            if (number != winner.Id.ToString(CultureInfo.InvariantCulture))
                throw new CampaignException($"Process {winner.Id} won the race, and '{number}' answers.");
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            throw new CampaignException($"The winner of the race is not to be reached: {e.Message}");
        }
    }

    /// <summary>Kills the winner, which leaves its file, or stops it, which deletes the file.</summary>
    private static async Task StopWinnerAsync(CampaignRun run, List<Worker> starters, Worker winner, string path)
    {
        if (run.Random.Next(4) > 0)
        {
            if (await winner.RequestAsync("stop") is var answer && answer != "stopped")
                throw new CampaignException($"The winner was stopped, and said '{answer}'.");
            if (Path.Exists(path))
                throw new CampaignException("The winner was stopped and did not delete its file.");
            if (run.Random.Next(2) > 0)
                CreateStaleSocketFile(path);
            return;
        }
        starters.Remove(winner);
        await winner.KillAsync();
        await winner.DisposeAsync();
        if (!Path.Exists(path))
            throw new CampaignException("The file of the killed winner was deleted.");
        var next = run.Processes.StartWorker("starter", path);
        await next.ExpectAsync("ready");
        starters.Add(next);
        run.Count("winners killed");
    }

    /// <summary>
    /// Creates a stale socket file as a killed server leaves it: the file is moved, so that closing the socket does not delete it.
    /// </summary>
    private static void CreateStaleSocketFile(string path)
    {
        using (UnixListener.Listen(UnixEndPoint.FromPath(path + "0")))
            File.Move(path + "0", path);
    }

    private static async Task PauseAsync(CampaignRun run, Worker attacker)
    {
        var report = await attacker.RequestAsync("pause");
        if (!report.StartsWith("did ", StringComparison.Ordinal))
            throw new CampaignException($"A file of the attacker was removed or replaced: {report}");
        run.CountMaximum("attempts of the attacker", long.Parse(report.AsSpan("did ".Length), CultureInfo.InvariantCulture));
    }

    /// <summary>Deletes the remaining files of the attacker, which its own process cannot always delete.</summary>
    private static void DeleteAttackerFiles(string directory, string? path)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(directory, AttackerFiles).ToArray().Append(path).OfType<string>())
        {
            if (Directory.Exists(entry))
                Directory.Delete(entry);
            else
                File.Delete(entry);
        }
        if (Directory.EnumerateFileSystemEntries(directory).FirstOrDefault(e => Path.GetFileName(e) != "s.sock") is { } left)
            throw new CampaignException($"Something was left beside the socket: {left}");
    }
}
