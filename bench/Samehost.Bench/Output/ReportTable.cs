using Samehost.Bench.Measuring;
using Spectre.Console;

namespace Samehost.Bench.Output;

/// <summary>Prints results to the terminal.</summary>
internal static class ReportTable
{
    private const int PipeWidth = 185; // a pipe has no width; the widest table needs no more

    public static void Prepare()
    {
        if (!Console.IsOutputRedirected)
            return;
        AnsiConsole.Profile.Width = PipeWidth;
        AnsiConsole.Profile.Capabilities.Ansi = false;
        AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
    }

    public static void ShowMachine(IReadOnlyDictionary<string, string> facts)
    {
        foreach (var (name, value) in facts)
            AnsiConsole.WriteLine($"{name + ":",-11} {value}");
    }

    public static void Show(ComparisonResult result)
    {
        var comparison = result.Comparison;
        string[] also = [.. result.Samples[comparison.Reference][0].Also.Keys];
        AnsiConsole.WriteLine($"  {comparison.Title}");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("");
        var ratioColumn = comparison.HasRatios ? $"÷ {comparison.Reference}" : "";
        string[] figureColumns = [comparison.Unit, "min–max", .. also, ratioColumn, "rounds"];
        foreach (var column in figureColumns)
            table.AddColumn(new TableColumn(column.EscapeMarkup()) { Alignment = Justify.Right });
        table.AddColumn("target");
        table.AddColumn("");

        Ratio[] ratios = [.. result.Ratios()];
        foreach (var name in comparison.Candidates.Select(c => c.Name))
        {
            var figure = result.FigureOf(name);
            var plain = ratios.FirstOrDefault(r => r.Candidate == name && r.IsOnCandidateLine(comparison));
            string[] figures =
            [
                name,
                Figures.Number(figure.Median),
                $"{Figures.Number(figure.Min)}–{Figures.Number(figure.Max)}",
                .. also.Select(metric => Figures.Number(result.FigureOf(name, metric).Median)),
            ];
            table.AddRow([.. figures.Select(Markup.Escape), .. RatioCells(plain)]);
            foreach (var ratio in ratios.Where(r => r.Candidate == name && r != plain))
                table.AddRow([$"  {ratio.Title}".EscapeMarkup(), "", "", .. also.Select(_ => ""), .. RatioCells(ratio)]);
        }

        AnsiConsole.Write(table);
        if (ratios.Any(ratio => !ratio.IsClear))
        {
            AnsiConsole.WriteLine(
                "  unclear: the ratios of the rounds lie further apart than the ratio from its target (or from 1 without one); "
                + "use more rounds or a quieter machine.");
        }
    }

    private static string[] RatioCells(Ratio? ratio) => ratio is null
        ? ["", "", "", ""]
        :
        [
            ratio.IsFigure ? "" : Figures.Ratio(ratio.Value),
            ratio.IsFigure ? "" : $"{Figures.Ratio(ratio.Rounds.Min)}–{Figures.Ratio(ratio.Rounds.Max)}",
            ratio.Target?.ToString() ?? "",
            Verdict(ratio),
        ];

    private static string Verdict(Ratio ratio)
    {
        var met = ratio.IsMet switch { true => "[green]met[/]", false => "[red]missed[/]", null => "" };
        var clear = ratio.IsClear ? "" : "[yellow]unclear[/]";
        return met.Length > 0 && clear.Length > 0 ? $"{met}, {clear}" : met + clear;
    }
}
