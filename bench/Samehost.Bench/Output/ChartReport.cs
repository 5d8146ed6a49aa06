using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>How everybody stands to C, as a chart: to the right is faster, whatever the figure is.</summary>
internal static class ChartReport
{
    private const string Reference = "C, ";
    private static readonly string[] Series = ["Samehost", "System.Net.Sockets", "C, otherwise", "others (Go, ZeroMQ, nng, socat)"];

    public static string Of(Report report)
    {
        ChartRow[] rows = [.. report.Outcomes.Where(o => o.Comparison.IsCharted).Select(Row).Where(row => row.Dots.Count > 0)];
        return rows.Length == 0
            ? throw new BenchException("none of these rows is held against C: there is nothing to draw")
            : new DotChart("Speed beside C", "times as fast as the C reference of the same run", Series, rows) { Mark = 1 }.ToString();
    }

    private static ChartRow Row(Outcome outcome)
    {
        Comparison comparison = outcome.Comparison;
        var dots = from ratio in outcome.Ratios()
                   where ratio.Reference == comparison.Reference && ratio.Metric is null
                   select comparison.IsRate
                       ? new ChartDot(SeriesOf(ratio.Contestant), ratio.Value, ratio.Rounds.Min, ratio.Rounds.Max)
                       : new ChartDot(SeriesOf(ratio.Contestant), 1 / ratio.Value, 1 / ratio.Rounds.Max, 1 / ratio.Rounds.Min);
        return new(Label(outcome), [.. dots.OrderBy(dot => dot.Series)]);
    }

    // The numbers of the CPUs are in the tables.
    private static string Label(Outcome outcome)
    {
        string title = outcome.Comparison.Title;
        int detail = title.IndexOf(" (", StringComparison.Ordinal);
        return $"{outcome.Row}: {(detail < 0 ? title : title[..detail])}";
    }

    private static int SeriesOf(string contestant) =>
        contestant.StartsWith(Series[0], StringComparison.Ordinal) ? 0
        : contestant.StartsWith(Series[1], StringComparison.Ordinal) ? 1
        : contestant.StartsWith(Reference, StringComparison.Ordinal) ? 2 : 3;
}
