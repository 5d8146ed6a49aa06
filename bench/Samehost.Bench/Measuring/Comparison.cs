namespace Samehost.Bench.Measuring;

/// <summary>
/// Contestants that do the same work under the same conditions. The first one is the reference that all others are held against;
/// a goal may name another.
/// </summary>
internal sealed record Comparison(string Title, string Unit, IReadOnlyList<Contestant> Contestants, IReadOnlyList<Goal> Goals)
{
    public string Reference => Contestants[0].Name;
}
