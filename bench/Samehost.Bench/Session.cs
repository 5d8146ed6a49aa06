using Samehost.Bench.Measuring;
using Samehost.Bench.Output;
using Samehost.Bench.Rows;

namespace Samehost.Bench;

/// <summary>One start of the benchmark: compile the references, run the rows, report.</summary>
internal static class Session
{
    public static void Run(Settings settings, IReadOnlyCollection<string> rows, ReportFiles files)
    {
        using var workspace = new Workspace();
        var references = new ReferencePrograms(workspace);
        var report = new Report(MachineFacts.Read(references), settings);
        ReportTable.Prepare();
        ReportTable.ShowMachine(report.Machine);
        WarnOfDebugBuild();
        if (settings.Rounds < 3)
            Console.Error.WriteLine("warning: fewer than 3 rounds do not show how far the figures spread");

        foreach ((string name, Row row) in AllRows.Of(new Lab(workspace, references, settings), rows))
        {
            Console.WriteLine($"\n{name}: {row.Question}");
            foreach (string condition in row.NotPossible)
                Console.WriteLine($"  not measured: {condition}");
            report.Rows.Add(new(name, row.Question, [.. row.NotPossible]));
            foreach (Comparison comparison in row.Comparisons)
            {
                int rounds = comparison.Rounds ?? settings.Rounds;
                Outcome outcome = Alternation.Run(name, comparison, rounds, (round, contestant) => ShowProgress(
                    $"{comparison.Title}: round {round} of {rounds}, {contestant}"));
                ShowProgress("");
                ReportTable.Show(outcome);
                report.Outcomes.Add(outcome);
            }
        }

        files.Write(report);
    }

    // One line that is written over, and only where somebody watches.
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
