using Samehost.Measuring;

namespace Samehost.Tool.Benchmarks;

/// <summary>The report as a chart: how many times as fast as the reference.</summary>
internal static class ReportChart
{
    public static string Of(Report report)
    {
        const string RoundTrip = "round trip, median";
        string flow = $"flow, messages of {BenchSettings.FlowSize / 1024} KiB";
        string[] series = report.HasFlows ? [RoundTrip, flow] : [RoundTrip];
        ChartRow[] rows = [.. report.Outcomes.Select(outcome => Row(report, outcome))];
        var chart = new DotChart($"Speed beside {report.Reference}", $"times as fast as {report.Reference}", series, rows) { Mark = 1 };
        return chart.ToString();
    }

    private static ChartRow Row(Report report, Outcome outcome)
    {
        ChartDot trip = Dot(0, outcome.Against(report.ReferenceOutcome, run => 1 / run.P50));
        return new(outcome.Name, report.HasFlows
            ? [trip, Dot(1, outcome.Against(report.ReferenceOutcome, run => run.BytesPerSecond))] : [trip]);
    }

    private static ChartDot Dot(int series, Spread ratio) => new(series, ratio.Median, ratio.Min, ratio.Max);
}
