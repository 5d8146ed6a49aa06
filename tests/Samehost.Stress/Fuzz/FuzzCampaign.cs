using System.Diagnostics;
using Samehost.Stress.Running;

namespace Samehost.Stress.Fuzz;

/// <summary>
/// Inputs that are made by mutation of a corpus, through everything that reads input from outside. Each has its documented exceptions only
/// and its invariants. A failing input is written to a file, and the command names it.
/// </summary>
internal sealed class FuzzCampaign : Campaign
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    // One input that takes longer than this hangs.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public override string Name => "fuzz";

    public override string Description =>
        "Feeds mutated inputs to every reader of outside text: documented exceptions only, and what is read prints and reads the same again.";

    public string[] Only { get; set; } = [];

    public string? Input { get; set; }

    public override async Task RunAsync(CampaignRun run)
    {
        string[] names = Only.Length > 0 ? Only : [.. FuzzTargets.Names];
        if (Input is { } file)
        {
            if (names.Length != 1)
                throw new CampaignException("--input needs one --target.");
            await using var only = FuzzTargets.Create(names[0], run.Directory);
            await RunAsync(run, only, await File.ReadAllBytesAsync(file));
            return;
        }

        var targets = new List<(FuzzTarget Target, Mutator Mutator)>();
        try
        {
            foreach (var name in names)
            {
                var target = FuzzTargets.Create(name, Directory.CreateDirectory(run.At(name)).FullName);
                var mutator = new Mutator(new Random(run.Random.Next()), target.Words);
                targets.Add((target, mutator));
                mutator.Seed(Directory.GetFiles(Path.Join(BuiltPrograms.Corpus, name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes));
                foreach (var input in Directory.GetFiles(Path.Join(BuiltPrograms.Corpus, name)).Order(StringComparer.Ordinal))
                    mutator.Learn(await File.ReadAllBytesAsync(input), await RunAsync(run, target, await File.ReadAllBytesAsync(input)));
            }
            while (run.GoesOn)
            {
                foreach (var (target, mutator) in targets)
                {
                    var start = Stopwatch.GetTimestamp();
                    while (run.GoesOn && Stopwatch.GetElapsedTime(start) < Turn)
                    {
                        var input = mutator.Next();
                        mutator.Learn(input, await RunAsync(run, target, input));
                    }
                }
            }
            run.Count("kinds of outcomes", targets.Sum(static t => t.Mutator.Outcomes));
        }
        finally
        {
            foreach (var (target, _) in targets)
                await target.DisposeAsync();
        }
    }

    private static async Task<string> RunAsync(CampaignRun run, FuzzTarget target, byte[] input)
    {
        string problem;
        try
        {
            var outcome = Task.Run(() => target.Run(input), CancellationToken.None);
            var result = await outcome.WaitAsync(Longest);
            run.Count(target.Name);
            return result;
        }
        catch (TimeoutException)
        {
            problem = $"it takes longer than {Longest.TotalSeconds} s";
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
        throw new CampaignException(
            $"{target.Name}: {problem}", $"dotnet run --project tests/Samehost.Stress -- fuzz --target {target.Name} --input {file}");
    }
}
