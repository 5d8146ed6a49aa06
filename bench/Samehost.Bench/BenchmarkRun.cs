using Samehost.Bench.Benchmarks;
using Samehost.Bench.Measuring;
using Samehost.Bench.Output;

namespace Samehost.Bench;

/// <summary>Compiles the references, runs the benchmarks and reports their results.</summary>
internal static class BenchmarkRun
{
    public static void Run(Settings settings, IReadOnlyCollection<string> names, ReportFiles files)
    {
        using var directory = new TempDirectory();
        var references = new ReferencePrograms(directory);
        var report = new Report(Machine.Describe(references), settings);
        ReportTable.Prepare();
        ReportTable.ShowMachine(report.Machine);
        WarnOfDebugBuild();
        if (settings.Rounds < 3)
            Console.Error.WriteLine("warning: fewer than 3 rounds do not show how far the figures spread");

        foreach (var (name, benchmark) in Benchmark.Create(new(directory, references, settings), names))
        {
            Console.WriteLine($"\n{name}: {benchmark.Question}");
            foreach (var condition in benchmark.NotMeasured)
                Console.WriteLine($"  not measured: {condition}");
            report.Benchmarks.Add(new(name, benchmark.Question, [.. benchmark.NotMeasured]));
            foreach (var comparison in benchmark.Comparisons)
            {
                var rounds = comparison.Rounds ?? settings.Rounds;
                var result = comparison.Run(name, rounds, (round, candidate) => ShowProgress(
                    $"{comparison.Title}: round {round} of {rounds}, {candidate}"));
                ShowProgress("");
                ReportTable.Show(result);
                report.Results.Add(result);
            }
        }

        files.Write(report);
    }

    // The line overwrites the one before, so it is written to a terminal only.
    private static void ShowProgress(string text)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write($"\r\e[K{text}");
    }

    private static void WarnOfDebugBuild()
    {
#if DEBUG
        Console.Error.WriteLine("warning: this is a debug build; use dotnet run -c Release");
#endif
    }
}
