using System.Text.Json;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>All results, with their single rounds, as JSON. Property names are those that <see cref="EarlierRun"/> reads.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public static string Of(Report report) => JsonSerializer.Serialize(
        new { report.Machine, report.Settings, Rows = report.Benchmarks, outcomes = report.Results.Select(Describe) }, Format) + "\n";

    private static object Describe(ComparisonResult result) => new
    {
        Row = result.Benchmark,
        result.Comparison.Title,
        result.Comparison.Unit,
        Contestants = result.Samples.Select(pair => new { Name = pair.Key, Figure = result.FigureOf(pair.Key), Rounds = pair.Value }),
        Ratios = result.Ratios().Select(ratio => new
        {
            Contestant = ratio.Candidate,
            ratio.Reference,
            ratio.Metric,
            ratio.Value,
            ratio.Rounds,
            Target = ratio.Target?.ToString(),
            ratio.IsMet,
            ratio.IsClear,
        }),
    };
}
