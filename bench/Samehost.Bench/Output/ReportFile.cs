using System.Text.Json;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>Writes everything that was measured, single rounds included, as JSON.</summary>
internal static class ReportFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public static void Write(string file, IReadOnlyDictionary<string, string> machine, Settings settings, IEnumerable<Outcome> outcomes)
    {
        var report = new { machine, settings, outcomes = outcomes.Select(Describe) };
        File.WriteAllText(file, JsonSerializer.Serialize(report, Format) + "\n");
    }

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
            ratio.Value,
            ratio.Rounds,
            Target = ratio.Goal?.ToString(),
            ratio.IsMet,
            ratio.IsClear,
        }),
    };
}
