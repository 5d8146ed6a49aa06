using System.Text;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>The report as Markdown, to be part of a document: the machine, then a section for each row.</summary>
internal static class MarkdownReport
{
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        text.Append("Every figure is a median of ").Append(report.Settings.Rounds)
            .AppendLine(" rounds; behind it, in brackets, the lowest and the highest.").AppendLine();
        text.AppendLine("| machine | |").AppendLine("| --- | --- |");
        foreach ((string name, string value) in report.Machine)
            text.AppendLine($"| {name} | {Cell(value)} |");
        foreach (ReportRow row in report.Rows)
        {
            text.AppendLine().AppendLine($"### {row.Name}").AppendLine().AppendLine($"{Capital(row.Question)}.");
            foreach (string condition in row.NotMeasured)
                text.AppendLine().AppendLine($"Not measured: {condition}");
            foreach (Outcome outcome in report.Outcomes.Where(o => o.Row == row.Name))
                Append(text, outcome);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, Outcome outcome)
    {
        Comparison comparison = outcome.Comparison;
        string[] also = [.. outcome.Samples[comparison.Reference][0].Also.Keys];
        string[] columns = [Capital(comparison.Title), comparison.Unit, .. also];
        string ratioColumn = comparison.HasRatios ? $"÷ {comparison.Reference}" : "";
        text.AppendLine().AppendLine(Line([.. columns, ratioColumn, "target", ""]));
        text.AppendLine(Line(["---", .. columns.Skip(1).Select(_ => "---:"), "---:", "---", "---"]));
        Ratio[] ratios = [.. outcome.Ratios()];
        foreach (string name in comparison.Contestants.Select(c => c.Name))
        {
            Ratio? plain = ratios.FirstOrDefault(r => r.Contestant == name && r.IsAboutTheFigure(comparison));
            string[] others = [.. also.Select(metric => Figures.Number(outcome.FigureOf(name, metric).Median))];
            text.AppendLine(Line([name, Spread(outcome.FigureOf(name), Figures.Number), .. others, .. Cells(plain)]));
            foreach (Ratio ratio in ratios.Where(r => r.Contestant == name && r != plain))
                text.AppendLine(Line([$"&nbsp;&nbsp;{ratio.Title}", "", .. also.Select(_ => ""), .. Cells(ratio)]));
        }
    }

    private static string[] Cells(Ratio? ratio) => ratio is null
        ? ["", "", ""]
        : [ratio.IsTheFigure ? "" : Spread(ratio), ratio.Goal?.ToString() ?? "", Verdict(ratio)];

    private static string Spread(Ratio ratio) =>
        Figures.Ratio(ratio.Value, ratio.Rounds.Min, ratio.Rounds.Max);

    private static string Spread(Spread spread, Func<double, string> write) =>
        $"{write(spread.Median)} ({write(spread.Min)}–{write(spread.Max)})";

    private static string Verdict(Ratio ratio)
    {
        string met = ratio.IsMet switch { true => "met", false => "**missed**", null => "" };
        return ratio.IsClear ? met : met.Length == 0 ? "unclear" : met + ", unclear";
    }

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(Cell))} |";

    /// <summary>Text that does not end the cell of a table.</summary>
    public static string Cell(string text) => text.Replace("|", "\\|");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
