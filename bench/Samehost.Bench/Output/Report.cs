using System.Globalization;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>The results of one run of this program.</summary>
internal sealed record Report(IReadOnlyDictionary<string, string> Machine, Settings Settings)
{
    public List<ReportedBenchmark> Benchmarks { get; } = [];

    public List<ComparisonResult> Results { get; } = [];
}

/// <summary>A benchmark that was run, and what of it could not be measured.</summary>
internal sealed record ReportedBenchmark(string Name, string Question, IReadOnlyList<string> NotMeasured);

/// <summary>The files that a report is written to, besides the terminal, and the earlier run that it is compared with.</summary>
internal sealed record ReportFiles(string? Json, string? Markdown, string? Svg, EarlierRun? Earlier)
{
    /// <summary>Checks before the first measurement that the files can be written.</summary>
    public void CheckWritable()
    {
        foreach (var file in new[] { Json, Markdown, Svg }.OfType<string>())
            Try(() => OutputFile.Check(file));
    }

    public void Write(Report report)
    {
        if (Json is not null)
            Try(() => OutputFile.Write(Json, JsonReport.Of(report)));
        if (Markdown is not null)
        {
            var agreement = Earlier is null ? "" : "\n" + AgreementReport.Of(report, Earlier);
            Try(() => OutputFile.Write(Markdown, MarkdownReport.Of(report) + agreement));
        }
        if (Svg is not null)
            Try(() => OutputFile.Write(Svg, ChartReport.Of(report)));
        if (Earlier is not null)
            Console.Write("\n" + AgreementReport.Of(report, Earlier));
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IOException error)
        {
            throw new BenchException($"the report cannot be written: {error.Message}");
        }
    }
}

/// <summary>Formats the figures of every report.</summary>
internal static class Figures
{
    public static string Ratio(double value) =>
        value.ToString(value >= 100 ? "#,0" : value is < 0.1 and > 0 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>Formats a ratio with the lowest and the highest of its rounds.</summary>
    public static string Ratio(double value, double min, double max) => $"{Ratio(value)} ({Ratio(min)}–{Ratio(max)})";

    public static string Number(double value) =>
        value.ToString(value >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture);
}
