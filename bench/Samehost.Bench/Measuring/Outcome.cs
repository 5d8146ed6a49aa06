namespace Samehost.Bench.Measuring;

/// <summary>All samples of one comparison, in the order of the rounds.</summary>
internal sealed record Outcome(string Row, Comparison Comparison, IReadOnlyDictionary<string, IReadOnlyList<Sample>> Samples)
{
    public Spread FigureOf(string contestant, string? metric = null) => Spread.Of(Rounds(contestant, metric));

    /// <summary>Every contestant against the reference, then the goals that are about something else.</summary>
    public IEnumerable<Ratio> Ratios()
    {
        foreach (string contestant in Comparison.Contestants.Select(c => c.Name).Where(name => name != Comparison.Reference))
        {
            if (Comparison.HasRatios)
                yield return RatioOf(contestant, Comparison.Reference, null, Comparison.Goals.FirstOrDefault(g => IsPlain(g, contestant)));
        }

        foreach (Goal goal in Comparison.Goals.Where(g => !IsPlain(g, g.Contestant)))
            yield return RatioOf(goal.Contestant, goal.Reference, goal.Metric, goal);
    }

    private bool IsPlain(Goal goal, string contestant) =>
        goal.Contestant == contestant && goal.Reference == Comparison.Reference && goal.Metric is null;

    private Ratio RatioOf(string contestant, string? reference, string? metric, Goal? goal)
    {
        if (reference is null)
            return new(contestant, null, metric, FigureOf(contestant, metric).Median, FigureOf(contestant, metric), goal);
        double value = FigureOf(contestant, metric).Median / FigureOf(reference, metric).Median;
        var rounds = Spread.Of(Rounds(contestant, metric).Zip(Rounds(reference, metric), (one, other) => one / other));
        return new(contestant, reference, metric, value, rounds, goal);
    }

    private IEnumerable<double> Rounds(string contestant, string? metric) =>
        Samples[contestant].Select(sample => metric is null ? sample.Figure : sample.Also[metric]);
}
