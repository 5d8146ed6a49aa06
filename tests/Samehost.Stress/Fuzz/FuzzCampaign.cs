using System.Diagnostics;
using Samehost.Stress.Running;

namespace Samehost.Stress.Fuzz;

/// <summary>
/// Feeds mutations of a corpus to every reader of outside input. Each may throw its documented exceptions only and must keep its
/// invariants. A failing input is written to a file, which the repeat command names.
/// </summary>
internal sealed class FuzzCampaign : Campaign
{
    private static readonly TimeSpan TimeSlice = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan InputTimeout = TimeSpan.FromSeconds(30);

    public override string Name => "fuzz";

    public override string Description =>
        "Feeds mutated inputs to every reader of outside text: documented exceptions only, and invariants of each.";

    public string[] Only { get; set; } = [];

    public string? Input { get; set; }

    public override async Task RunAsync(CampaignRun run)
    {
        var names = Only.Length > 0 ? Only : [.. FuzzTargets.Names];
        if (Input is { } file)
        {
            if (names.Length != 1)
                throw new CampaignException("--input needs one --target.");
            await using var only = FuzzTargets.Create(names[0], run.Directory);
            var (_, problem) = await RunAsync(run, only, await File.ReadAllBytesAsync(file));
            if (problem is not null)
                throw problem;
            return;
        }

        var targets = new List<(FuzzTarget Target, Mutator Mutator)>();
        var failed = new Dictionary<FuzzTarget, CampaignException>();
        try
        {
            foreach (var name in names)
            {
                var target = FuzzTargets.Create(name, Directory.CreateDirectory(run.GetPath(name)).FullName);
                var mutator = new Mutator(new Random(run.Random.Next()), target.Words);
                targets.Add((target, mutator));
                var files = Directory.GetFiles(Path.Join(BuiltPrograms.Corpus, name)).Order(StringComparer.Ordinal);
                var corpus = files.Select(File.ReadAllBytes).ToArray();
                mutator.Seed(corpus);
                foreach (var input in corpus)
                    await TryAsync(target, mutator, input);
            }
            while (run.IsRunning && failed.Count < targets.Count)
            {
                foreach (var (target, mutator) in targets)
                {
                    var start = Stopwatch.GetTimestamp();
                    while (run.IsRunning && !failed.ContainsKey(target) && Stopwatch.GetElapsedTime(start) < TimeSlice)
                        await TryAsync(target, mutator, mutator.Next());
                }
            }
            run.Count("kinds of outcomes", targets.Sum(static t => t.Mutator.Outcomes));
            // Targets are independent, so the failures of all are reported.
            foreach (var failure in failed.Values)
                run.ReportProgress($"{failure.Message}\n    to repeat it: {failure.Repeat}");
            if (failed.Count > 0)
                throw new CampaignException($"{failed.Count} of {targets.Count} targets failed.", failed.Values.First().Repeat);
        }
        finally
        {
            foreach (var (target, _) in targets)
                await target.DisposeAsync();
        }

        async Task TryAsync(FuzzTarget target, Mutator mutator, byte[] input)
        {
            if (failed.ContainsKey(target))
                return;
            var (outcome, problem) = await RunAsync(run, target, input);
            if (problem is null)
                mutator.Learn(input, outcome);
            else
                failed.Add(target, problem);
        }
    }

    private static async Task<(string Outcome, CampaignException? Problem)> RunAsync(CampaignRun run, FuzzTarget target, byte[] input)
    {
        string problem;
        try
        {
            var outcome = Task.Run(() => target.Run(input), CancellationToken.None);
            var result = await outcome.WaitAsync(InputTimeout);
            run.Count(target.Name);
            return (result, null);
        }
        catch (TimeoutException)
        {
            problem = $"it takes longer than {InputTimeout.TotalSeconds} s";
        }
        catch (FuzzException e)
        {
            problem = e.Message;
        }
        catch (Exception e)
        {
            problem = $"an exception that is not documented: {e}";
        }
        var file = Path.Join(Path.GetTempPath(), $"samehost-fuzz-{target.Name}-{Environment.ProcessId}");
        await File.WriteAllBytesAsync(file, input);
        return ("", new CampaignException(
            $"{target.Name}: {problem}", $"dotnet run --project tests/Samehost.Stress -- fuzz --target {target.Name} --input {file}"));
    }
}
