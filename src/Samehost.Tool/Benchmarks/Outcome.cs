using Samehost.Measuring;

namespace Samehost.Tool.Benchmarks;

/// <summary>All runs of one contestant, in the order of the rounds.</summary>
internal sealed record Outcome(string Name, IReadOnlyList<Run> Runs)
{
    public Spread Of(Func<Run, double> figure) => Spread.Of(Runs.Select(figure));

    /// <summary>How many times as good as the reference: the ratio of the medians, and those of the single rounds.</summary>
    public Spread Against(Outcome reference, Func<Run, double> better)
    {
        var rounds = Spread.Of(Runs.Zip(reference.Runs, (one, other) => better(one) / better(other)));
        return rounds with { Median = Of(better).Median / reference.Of(better).Median };
    }
}
