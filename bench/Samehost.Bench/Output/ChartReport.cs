using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>The ratios to C as a chart, on which faster is to the right for every figure.</summary>
internal static class ChartReport
{
    private const string Reference = "C, ";
    private static readonly string[] Series = ["Samehost", "System.Net.Sockets", "C, otherwise", "others (Go, ZeroMQ, nng, socat)"];

    public static string Of(Report report)
    {
        ChartRow[] rows = [.. report.Results.Where(r => r.Comparison.IsCharted).Select(CreateRow).Where(row => row.Dots.Count > 0)];
        return rows.Length == 0
            ? throw new BenchException("none of these rows is compared with C: there is nothing to draw")
            : new DotChart("Speed beside C", "times as fast as the C reference of the same run", Series, rows) { Mark = 1 }.ToString();
    }

    private static ChartRow CreateRow(ComparisonResult result)
    {
        var comparison = result.Comparison;
        var dots = from ratio in result.Ratios()
                   where ratio.Reference == comparison.Reference && ratio.Metric is null
                   select comparison.IsRate
                       ? new ChartDot(SeriesOf(ratio.Candidate), ratio.Value, ratio.Rounds.Min, ratio.Rounds.Max)
                       : new ChartDot(SeriesOf(ratio.Candidate), 1 / ratio.Value, 1 / ratio.Rounds.Max, 1 / ratio.Rounds.Min);
        return new(Label(result), [.. dots.OrderBy(dot => dot.Series)]);
    }

    // The numbers of the CPUs are in the tables.
    private static string Label(ComparisonResult result)
    {
        var title = result.Comparison.Title;
        var detail = title.IndexOf(" (", StringComparison.Ordinal);
        return $"{result.Benchmark}: {(detail < 0 ? title : title[..detail])}";
    }

    private static int SeriesOf(string candidate) =>
        candidate.StartsWith(Series[0], StringComparison.Ordinal) ? 0
        : candidate.StartsWith(Series[1], StringComparison.Ordinal) ? 1
        : candidate.StartsWith(Reference, StringComparison.Ordinal) ? 2 : 3;
}
