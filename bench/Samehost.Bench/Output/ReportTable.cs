using System.Globalization;
using Samehost.Bench.Measuring;
using Spectre.Console;

namespace Samehost.Bench.Output;

/// <summary>Shows an outcome at the terminal.</summary>
internal static class ReportTable
{
    private const int PipeWidth = 185; // a pipe has no width; the widest table fits into this

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
        foreach ((string name, string value) in facts)
            AnsiConsole.WriteLine($"{name + ":",-11} {value}");
    }

    public static void Show(Outcome outcome)
    {
        Comparison comparison = outcome.Comparison;
        string[] also = [.. outcome.Samples[comparison.Reference][0].Also.Keys];
        AnsiConsole.WriteLine($"  {comparison.Title}");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("");
        string[] figureColumns = [comparison.Unit, "min–max", .. also, $"÷ {comparison.Reference}", "rounds"];
        foreach (string column in figureColumns)
            table.AddColumn(new TableColumn(column.EscapeMarkup()) { Alignment = Justify.Right });
        table.AddColumn("target");
        table.AddColumn("");

        Dictionary<string, Ratio> ratios = outcome.Ratios().Where(r => r.Reference == comparison.Reference).ToDictionary(r => r.Contestant);
        foreach (string name in comparison.Contestants.Select(c => c.Name))
        {
            Spread figure = outcome.FigureOf(name);
            string[] figures =
            [
                name,
                Number(figure.Median),
                $"{Number(figure.Min)}–{Number(figure.Max)}",
                .. also.Select(a => Number(outcome.MedianOf(name, a))),
            ];
            table.AddRow([.. figures.Select(Markup.Escape), .. RatioCells(ratios.GetValueOrDefault(name))]);
            foreach (Ratio ratio in outcome.Ratios().Where(r => r.Contestant == name && r.Reference != comparison.Reference))
                table.AddRow([$"  ÷ {ratio.Reference}".EscapeMarkup(), "", "", .. also.Select(_ => ""), .. RatioCells(ratio)]);
        }

        AnsiConsole.Write(table);
        if (outcome.Ratios().Any(ratio => !ratio.IsClear))
        {
            AnsiConsole.WriteLine(
                "  unclear: the ratios of the rounds lie further apart than the ratio from its target (or from 1 without one); "
                + "use more rounds or a quieter machine.");
        }
    }

    private static string[] RatioCells(Ratio? ratio) => ratio is null
        ? ["", "", "", ""]
        : [Two(ratio.Value), $"{Two(ratio.Rounds.Min)}–{Two(ratio.Rounds.Max)}", ratio.Goal?.ToString() ?? "", Verdict(ratio)];

    private static string Verdict(Ratio ratio)
    {
        string met = ratio.IsMet switch { true => "[green]met[/]", false => "[red]missed[/]", null => "" };
        string clear = ratio.IsClear ? "" : "[yellow]unclear[/]";
        return met.Length > 0 && clear.Length > 0 ? $"{met}, {clear}" : met + clear;
    }

    private static string Two(double value) => value.ToString(value < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
