using System.Globalization;
using Samehost.Measuring;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Bench;

/// <summary>The results of a benchmark. All transports are compared with the reference.</summary>
internal sealed record BenchReport(
    BenchSettings Settings, string Placement, string Reference, IReadOnlyList<TransportResult> Outcomes, IReadOnlyList<string> Warnings)
{
    public TransportResult ReferenceOutcome => Outcomes.First(outcome => outcome.Name == Reference);

    /// <summary>Whether throughput was measured.</summary>
    public bool HasFlows => Outcomes.Any(outcome => outcome.Runs[0].BytesPerSecond > 0);
}

/// <summary>Prints the report as a table, 80 columns wide.</summary>
internal static class ReportTable
{
    public static void Show(BenchReport report)
    {
        var flows = report.HasFlows;
        TerminalWriter.WriteLine($"{"",-21}{"p50",9}{"p99",9}{"p99.9",9}{"per s",9}{"speed",7}{(flows ? $"{"MiB/s",8}{"flow",7}" : "")}");
        foreach (var outcome in report.Outcomes)
            TerminalWriter.WriteLine(Line(report, outcome, flows));
        TerminalWriter.WriteLine();
        var flow = flows ? $"flow is MiB/s ÷ those of {report.Reference}; " : "";
        var rounds = report.Settings.Rounds == 1 ? "those of one round" : $"medians of {report.Settings.Rounds} rounds";
        TerminalWriter.WriteParagraph($"speed is the median round trip of {report.Reference} ÷ this one; {flow}all are {rounds}.");
        foreach (var lossy in report.Outcomes.Where(o => o.Of(run => run.LostShare).Median > 0.0005))
        {
            var share = lossy.Of(run => run.LostShare).Median.ToString("0.0%", CultureInfo.InvariantCulture);
            TerminalWriter.WriteParagraph($"{lossy.Name} lost {share} of its flow: it does not wait for a receiver that is behind.");
        }
        foreach (var warning in report.Warnings)
            TerminalWriter.WriteError($"warning: {warning}");
    }

    private static string Line(BenchReport report, TransportResult outcome, bool flows)
    {
        var line = $"{outcome.Name,-21}{Time(outcome, run => run.P50)}{Time(outcome, run => run.P99)}{Time(outcome, run => run.P999)}"
            + $"{Whole(outcome.Of(run => run.RoundTripsPerSecond).Median),9}{Times(report, outcome, run => 1 / run.P50),7}";
        if (!flows)
            return line;
        var mebibytes = Whole(outcome.Of(run => run.BytesPerSecond).Median / (1 << 20));
        return line + $"{mebibytes,8}{Times(report, outcome, run => run.BytesPerSecond),7}";
    }

    private static string Time(TransportResult outcome, Func<RunResult, double> nanoseconds)
    {
        var microseconds = outcome.Of(nanoseconds).Median / 1000;
        return (microseconds.ToString(microseconds < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture) + "µs").PadLeft(9);
    }

    // Mark a ratio on which the rounds disagree.
    private static string Times(BenchReport report, TransportResult outcome, Func<RunResult, double> better)
    {
        var ratio = outcome.Against(report.ReferenceOutcome, better);
        var isUnclear = outcome != report.ReferenceOutcome && ratio.Min < 1 && ratio.Max > 1;
        return (isUnclear ? "~" : "") + ratio.Median.ToString(ratio.Median < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) + "×";
    }

    private static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}

/// <summary>Draws the report as a chart of the ratios.</summary>
internal static class ReportChart
{
    public static string Of(BenchReport report)
    {
        const string RoundTrip = "round trip, median";
        var flow = $"flow, messages of {BenchSettings.ThroughputMessageSize / 1024} KiB";
        string[] series = report.HasFlows ? [RoundTrip, flow] : [RoundTrip];
        ChartRow[] rows = [.. report.Outcomes.Select(outcome => Row(report, outcome))];
        var chart = new DotChart($"Speed beside {report.Reference}", $"times as fast as {report.Reference}", series, rows) { Mark = 1 };
        return chart.ToString();
    }

    private static ChartRow Row(BenchReport report, TransportResult outcome)
    {
        var trip = Dot(0, outcome.Against(report.ReferenceOutcome, run => 1 / run.P50));
        return new(outcome.Name, report.HasFlows
            ? [trip, Dot(1, outcome.Against(report.ReferenceOutcome, run => run.BytesPerSecond))] : [trip]);
    }

    private static ChartDot Dot(int series, Spread ratio) => new(series, ratio.Median, ratio.Min, ratio.Max);
}
