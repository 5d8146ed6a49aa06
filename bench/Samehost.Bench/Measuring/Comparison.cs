namespace Samehost.Bench.Measuring;

/// <summary>
/// Contestants that do the same work under the same conditions. The first one is the reference that all others are held against;
/// a goal may name another.
/// </summary>
internal sealed record Comparison(string Title, string Unit, IReadOnlyList<Contestant> Contestants, IReadOnlyList<Goal> Goals)
{
    public string Reference => Contestants[0].Name;

    /// <summary>More of the figure is better: so many per second.</summary>
    public bool IsRate => Unit.EndsWith("per second", StringComparison.Ordinal) || Unit.EndsWith("/s", StringComparison.Ordinal);

    /// <summary>How often each contestant runs, where it makes no sense to run it as often as the others.</summary>
    public int? Rounds { get; init; }

    /// <summary>False when the contestants are different things, whose ratio means nothing.</summary>
    public bool HasRatios { get; init; } = true;

    /// <summary>Part of the chart, which shows how everybody stands to C.</summary>
    public bool IsCharted { get; init; } = Contestants[0].Name.StartsWith("C,", StringComparison.Ordinal);
}
