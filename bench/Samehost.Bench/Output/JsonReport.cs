using System.Text.Json;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>Everything that was measured, single rounds included, as JSON.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public static string Of(Report report) => JsonSerializer.Serialize(
        new { report.Machine, report.Settings, report.Rows, outcomes = report.Outcomes.Select(Describe) }, Format) + "\n";

    private static object Describe(Outcome outcome) => new
    {
        outcome.Row,
        outcome.Comparison.Title,
        outcome.Comparison.Unit,
        Contestants = outcome.Samples.Select(pair => new { Name = pair.Key, Figure = outcome.FigureOf(pair.Key), Rounds = pair.Value }),
        Ratios = outcome.Ratios().Select(ratio => new
        {
            ratio.Contestant,
            ratio.Reference,
            ratio.Metric,
            ratio.Value,
            ratio.Rounds,
            Target = ratio.Goal?.ToString(),
            ratio.IsMet,
            ratio.IsClear,
        }),
    };
}
