using System.Text;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>The report as a part of a Markdown document: the machine, then a section for each benchmark.</summary>
internal static class MarkdownReport
{
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        text.Append("Every figure is a median of ").Append(report.Settings.Rounds)
            .AppendLine(" rounds; behind it, in brackets, the lowest and the highest.").AppendLine();
        text.AppendLine("| machine | |").AppendLine("| --- | --- |");
        foreach (var (name, value) in report.Machine)
            text.AppendLine($"| {name} | {Cell(value)} |");
        foreach (var benchmark in report.Benchmarks)
        {
            text.AppendLine().AppendLine($"### {benchmark.Name}").AppendLine().AppendLine($"{Capital(benchmark.Question)}.");
            foreach (var condition in benchmark.NotMeasured)
                text.AppendLine().AppendLine($"Not measured: {condition}");
            foreach (var result in report.Results.Where(r => r.Benchmark == benchmark.Name))
                Append(text, result);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, ComparisonResult result)
    {
        var comparison = result.Comparison;
        string[] also = [.. result.Samples[comparison.Reference][0].Also.Keys];
        string[] columns = [Capital(comparison.Title), comparison.Unit, .. also];
        var ratioColumn = comparison.HasRatios ? $"÷ {comparison.Reference}" : "";
        text.AppendLine().AppendLine(Line([.. columns, ratioColumn, "target", ""]));
        text.AppendLine(Line(["---", .. columns.Skip(1).Select(_ => "---:"), "---:", "---", "---"]));
        Ratio[] ratios = [.. result.Ratios()];
        foreach (var name in comparison.Candidates.Select(c => c.Name))
        {
            var plain = ratios.FirstOrDefault(r => r.Candidate == name && r.IsOnCandidateLine(comparison));
            string[] others = [.. also.Select(metric => Figures.Number(result.FigureOf(name, metric).Median))];
            text.AppendLine(Line([name, Spread(result.FigureOf(name), Figures.Number), .. others, .. Cells(plain)]));
            foreach (var ratio in ratios.Where(r => r.Candidate == name && r != plain))
                text.AppendLine(Line([$"&nbsp;&nbsp;{ratio.Title}", "", .. also.Select(_ => ""), .. Cells(ratio)]));
        }
    }

    private static string[] Cells(Ratio? ratio) => ratio is null
        ? ["", "", ""]
        : [ratio.IsFigure ? "" : Spread(ratio), ratio.Target?.ToString() ?? "", Verdict(ratio)];

    private static string Spread(Ratio ratio) =>
        Figures.Ratio(ratio.Value, ratio.Rounds.Min, ratio.Rounds.Max);

    private static string Spread(Spread spread, Func<double, string> write) =>
        $"{write(spread.Median)} ({write(spread.Min)}–{write(spread.Max)})";

    private static string Verdict(Ratio ratio)
    {
        var met = ratio.IsMet switch { true => "met", false => "**missed**", null => "" };
        return ratio.IsClear ? met : met.Length == 0 ? "unclear" : met + ", unclear";
    }

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(Cell))} |";

    /// <summary>Escapes text for a cell of a table.</summary>
    public static string Cell(string text) => text.Replace("|", "\\|");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
