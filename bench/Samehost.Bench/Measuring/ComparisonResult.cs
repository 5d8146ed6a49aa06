namespace Samehost.Bench.Measuring;

/// <summary>All samples of one comparison, in the order of the rounds.</summary>
internal sealed record ComparisonResult(
    string Benchmark, Comparison Comparison, IReadOnlyDictionary<string, IReadOnlyList<Sample>> Samples)
{
    public Spread FigureOf(string candidate, string? metric = null) => Spread.Of(Rounds(candidate, metric));

    /// <summary>Returns the ratio of every candidate to the reference, then the targets of other metrics and references.</summary>
    public IEnumerable<Ratio> Ratios()
    {
        foreach (var candidate in Comparison.Candidates.Select(c => c.Name).Where(name => name != Comparison.Reference))
        {
            if (Comparison.HasRatios)
                yield return RatioOf(candidate, Comparison.Reference, null, Comparison.Targets.FirstOrDefault(t => IsPlain(t, candidate)));
        }

        foreach (var target in Comparison.Targets.Where(t => !IsPlain(t, t.Candidate)))
            yield return RatioOf(target.Candidate, target.Reference, target.Metric, target);
    }

    private bool IsPlain(Target target, string candidate) =>
        target.Candidate == candidate && target.Reference == Comparison.Reference && target.Metric is null;

    private Ratio RatioOf(string candidate, string? reference, string? metric, Target? target)
    {
        if (reference is null)
            return new(candidate, null, metric, FigureOf(candidate, metric).Median, FigureOf(candidate, metric), target);
        var value = FigureOf(candidate, metric).Median / FigureOf(reference, metric).Median;
        var rounds = Spread.OfRatios(Rounds(candidate, metric), Rounds(reference, metric));
        return new(candidate, reference, metric, value, rounds, target);
    }

    private IEnumerable<double> Rounds(string candidate, string? metric) =>
        Samples[candidate].Select(sample => metric is null ? sample.Figure : sample.Also[metric]);
}

/// <summary>
/// The ratio of the medians of two candidates, and the ratios of the single rounds. When those are further apart than the ratio is from its
/// target (or from 1 without one), the ratio is unclear. Without a reference it is the figure itself.
/// </summary>
internal sealed record Ratio(string Candidate, string? Reference, string? Metric, double Value, Spread Rounds, Target? Target)
{
    public bool IsClear => Rounds.Max - Rounds.Min <= Math.Abs(Value - (Target?.Bound ?? 1));

    public bool? IsMet => Target?.IsMetBy(Value);

    /// <summary>Whether it is the figure of the comparison itself, with a target.</summary>
    public bool IsFigure => Reference is null && Metric is null;

    /// <summary>What it is the ratio of, for a line of its own: <c>p99 µs ÷ C, epoll</c>.</summary>
    public string Title => Reference is null ? Metric ?? "" : $"{(Metric is null ? "" : Metric + " ")}÷ {Reference}";

    /// <summary>Whether it is shown on the candidate's own line; all other ratios have a line each.</summary>
    public bool IsOnCandidateLine(Comparison comparison) => IsFigure || (Reference == comparison.Reference && Metric is null);
}
