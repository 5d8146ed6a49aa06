namespace Samehost.Bench.Measuring;

/// <summary>All samples of one comparison, in the order of the rounds.</summary>
internal sealed record Outcome(string Row, Comparison Comparison, IReadOnlyDictionary<string, IReadOnlyList<Sample>> Samples)
{
    public Spread FigureOf(string contestant) => Spread.Of(Samples[contestant].Select(sample => sample.Figure));

    public double MedianOf(string contestant, string also) => Spread.Of(Samples[contestant].Select(sample => sample.Also[also])).Median;

    /// <summary>Every contestant against the reference, then the goals that name another one.</summary>
    public IEnumerable<Ratio> Ratios()
    {
        foreach (string contestant in Comparison.Contestants.Select(c => c.Name).Where(name => name != Comparison.Reference))
        {
            Goal? goal = Comparison.Goals.FirstOrDefault(g => g.Contestant == contestant && g.Reference == Comparison.Reference);
            yield return RatioOf(contestant, Comparison.Reference, goal);
        }

        foreach (Goal goal in Comparison.Goals.Where(g => g.Reference != Comparison.Reference))
            yield return RatioOf(goal.Contestant, goal.Reference, goal);
    }

    private Ratio RatioOf(string contestant, string reference, Goal? goal)
    {
        double value = FigureOf(contestant).Median / FigureOf(reference).Median;
        var rounds = Spread.Of(Samples[contestant].Zip(Samples[reference], (one, other) => one.Figure / other.Figure));
        return new(contestant, reference, value, rounds, goal);
    }
}
