using Samehost.Bench.Measuring;
using Samehost.Bench.Output;
using Samehost.Bench.Rows;

namespace Samehost.Bench;

/// <summary>One start of the benchmark: compile the references, run the rows, report.</summary>
internal static class Session
{
    public static void Run(Settings settings, string? onlyRow, string? jsonFile)
    {
        using var workspace = new Workspace();
        var references = new ReferencePrograms(workspace);
        IReadOnlyDictionary<string, string> machine = MachineFacts.Read(references.Compiler);
        ReportTable.Prepare();
        ReportTable.ShowMachine(machine);
        WarnOfDebugBuild();
        if (settings.Rounds < 3)
            Console.Error.WriteLine("warning: fewer than 3 rounds do not show how far the figures spread");

        IRow[] rows =
        [
            new RoundTripRow(workspace, references, settings),
            new EchoRow(workspace, references, settings),
            new FramedRow(workspace, references, settings),
            new DatagramRow(workspace, references, settings),
        ];
        var outcomes = new List<Outcome>();
        foreach (IRow row in rows.Where(r => onlyRow is null || r.Name == onlyRow))
        {
            Console.WriteLine($"\n{row.Name}: {row.Question}");
            foreach (string condition in row.NotPossible)
                Console.WriteLine($"  not possible on this machine: {condition}");
            foreach (Comparison comparison in row.Comparisons)
            {
                Outcome outcome = Alternation.Run(row.Name, comparison, settings.Rounds, (round, name) => ShowProgress(
                    $"{comparison.Title}: round {round} of {settings.Rounds}, {name}"));
                ShowProgress("");
                ReportTable.Show(outcome);
                outcomes.Add(outcome);
            }
        }

        if (jsonFile is not null)
            ReportFile.Write(jsonFile, machine, settings, outcomes);
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
