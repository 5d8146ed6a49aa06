namespace Samehost.Bench.Measuring;

/// <summary>
/// How one contestant stands to another: the ratio of the medians, beside the ratios that the single rounds gave. When those are
/// further apart than the ratio is from what it is held against (the goal, or 1 without one), the figure says nothing. Without a
/// reference it is the figure itself.
/// </summary>
internal sealed record Ratio(string Contestant, string? Reference, string? Metric, double Value, Spread Rounds, Goal? Goal)
{
    public bool IsClear => Rounds.Max - Rounds.Min <= Math.Abs(Value - (Goal?.Bound ?? 1));

    public bool? IsMet => Goal?.IsMetBy(Value);

    /// <summary>Nothing but the figure of the comparison, with a bound of its own.</summary>
    public bool IsTheFigure => Reference is null && Metric is null;

    /// <summary>It belongs on the contestant's own line; all others get one each.</summary>
    public bool IsAboutTheFigure(Comparison comparison) => IsTheFigure || (Reference == comparison.Reference && Metric is null);

    /// <summary>What it is the ratio of, for a line of its own: <c>p99 µs ÷ C, epoll</c>.</summary>
    public string Title => Reference is null ? Metric ?? "" : $"{(Metric is null ? "" : Metric + " ")}÷ {Reference}";
}
