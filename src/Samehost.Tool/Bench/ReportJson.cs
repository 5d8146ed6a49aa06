using System.Text.Json;
using System.Text.Json.Serialization;
using Samehost.Measuring;

namespace Samehost.Tool.Bench;

/// <summary>Formats the report as JSON: every round, in nanoseconds and bytes a second.</summary>
internal static class ReportJson
{
    public static string Of(BenchReport report)
    {
        var document = new Document(
            report.Settings.Size,
            report.HasFlows ? BenchSettings.ThroughputMessageSize : null,
            report.Settings.Rounds,
            report.Settings.Time.TotalSeconds,
            report.Placement,
            report.Reference,
            [.. report.Outcomes.Select(outcome => Describe(report, outcome))],
            report.Warnings);
        return JsonSerializer.Serialize(document, ReportJsonContext.Default.Document) + "\n";
    }

    private static TransportDocument Describe(BenchReport report, TransportResult outcome) => new(
        outcome.Name,
        outcome.Of(run => run.P50).Median,
        outcome.Of(run => run.P99).Median,
        outcome.Of(run => run.P999).Median,
        outcome.Against(report.ReferenceOutcome, run => 1 / run.P50),
        report.HasFlows ? outcome.Against(report.ReferenceOutcome, run => run.BytesPerSecond) : null,
        outcome.Runs);

    internal sealed record Document(
        int MessageBytes,
        int? FlowMessageBytes,
        int Rounds,
        double SecondsPerRun,
        string Placement,
        string Reference,
        IReadOnlyList<TransportDocument> Transports,
        IReadOnlyList<string> Warnings);

    internal sealed record TransportDocument(
        string Name, double P50, double P99, double P999, Spread Speed, Spread? Flow, IReadOnlyList<RunResult> Runs);
}

/// <summary>The serialization of the report.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReportJson.Document))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
