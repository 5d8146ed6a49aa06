using System.Globalization;
using Samehost.Measuring;
using Samehost.Tool.Output;

namespace Samehost.Tool.Benchmarks;

/// <summary>The report for people, 80 columns wide.</summary>
internal static class ReportTable
{
    public static void Show(Report report)
    {
        bool flows = report.HasFlows;
        Terminal.Line($"{"",-21}{"p50",9}{"p99",9}{"p99.9",9}{"per s",9}{"speed",7}{(flows ? $"{"MiB/s",8}{"flow",7}" : "")}");
        foreach (Outcome outcome in report.Outcomes)
            Terminal.Line(Line(report, outcome, flows));
        Terminal.Line();
        string flow = flows ? $"flow is MiB/s ÷ those of {report.Reference}; " : "";
        string rounds = report.Settings.Rounds == 1 ? "those of one round" : $"medians of {report.Settings.Rounds} rounds";
        Terminal.Paragraph($"speed is the median round trip of {report.Reference} ÷ this one; {flow}all are {rounds}.");
        foreach (Outcome lossy in report.Outcomes.Where(o => o.Of(run => run.LostShare).Median > 0.0005))
        {
            string share = lossy.Of(run => run.LostShare).Median.ToString("0.0%", CultureInfo.InvariantCulture);
            Terminal.Paragraph($"{lossy.Name} lost {share} of its flow: it does not wait for a receiver that is behind.");
        }
        foreach (string warning in report.Warnings)
            Terminal.Error($"warning: {warning}");
    }

    private static string Line(Report report, Outcome outcome, bool flows)
    {
        string line = $"{outcome.Name,-21}{Time(outcome, run => run.P50)}{Time(outcome, run => run.P99)}{Time(outcome, run => run.P999)}"
            + $"{Whole(outcome.Of(run => run.RoundTripsPerSecond).Median),9}{Times(report, outcome, run => 1 / run.P50),7}";
        if (!flows)
            return line;
        string mebibytes = Whole(outcome.Of(run => run.BytesPerSecond).Median / (1 << 20));
        return line + $"{mebibytes,8}{Times(report, outcome, run => run.BytesPerSecond),7}";
    }

    private static string Time(Outcome outcome, Func<Run, double> nanoseconds)
    {
        double microseconds = outcome.Of(nanoseconds).Median / 1000;
        return (microseconds.ToString(microseconds < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture) + "µs").PadLeft(9);
    }

    // Where the rounds disagree on who is better, the figure is not worth its digits.
    private static string Times(Report report, Outcome outcome, Func<Run, double> better)
    {
        Spread ratio = outcome.Against(report.ReferenceOutcome, better);
        bool isUnclear = outcome != report.ReferenceOutcome && ratio.Min < 1 && ratio.Max > 1;
        return (isUnclear ? "~" : "") + ratio.Median.ToString(ratio.Median < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) + "×";
    }

    private static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
