namespace Samehost.Tool.Benchmarks;

/// <summary>All that was found out; the reference is the contestant that the others are held against.</summary>
internal sealed record Report(
    BenchSettings Settings, string Placement, string Reference, IReadOnlyList<Outcome> Outcomes, IReadOnlyList<string> Warnings)
{
    public Outcome ReferenceOutcome => Outcomes.First(outcome => outcome.Name == Reference);

    /// <summary>There are flows as well as round trips.</summary>
    public bool HasFlows => Outcomes.Any(outcome => outcome.Runs[0].BytesPerSecond > 0);
}
