using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>All that one start of the benchmark found out.</summary>
internal sealed record Report(IReadOnlyDictionary<string, string> Machine, Settings Settings)
{
    public List<ReportRow> Rows { get; } = [];

    public List<Outcome> Outcomes { get; } = [];
}
