using System.Globalization;

namespace Samehost.Bench.Measuring;

/// <summary>The result of one run: the figure that is compared, and others that help to understand it.</summary>
internal sealed record Sample(double Figure, IReadOnlyDictionary<string, double> Also);

/// <summary>An implementation under test; <paramref name="Measure"/> runs it once, in new processes.</summary>
internal sealed record Candidate(string Name, Func<Sample> Measure);

/// <summary>
/// The required ratio of one candidate to another, or the required figure itself where there is no reference. The figure is that of the
/// comparison, unless a metric names another one of the sample.
/// </summary>
internal sealed record Target(string Candidate, string? Reference, bool AtMost, double Bound, string? Metric)
{
    public static Target NoMoreThan(double bound, string candidate, string reference, string? metric = null) =>
        new(candidate, reference, true, bound, metric);

    public static Target AtLeast(double bound, string candidate, string reference, string? metric = null) =>
        new(candidate, reference, false, bound, metric);

    /// <summary>A bound for the figure itself, without a reference.</summary>
    public static Target Absolute(double bound, string candidate, string? metric = null) => new(candidate, null, true, bound, metric);

    public bool IsMetBy(double value) => AtMost ? value <= Bound : value >= Bound;

    public override string ToString() =>
        (AtMost ? "≤ " : "≥ ") + Bound.ToString(Bound >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture);
}

/// <summary>
/// Candidates that do the same work under the same conditions. The first one is the reference of all others; a target may name another
/// reference.
/// </summary>
internal sealed record Comparison(string Title, string Unit, IReadOnlyList<Candidate> Candidates, IReadOnlyList<Target> Targets)
{
    public string Reference => Candidates[0].Name;

    /// <summary>Whether a higher figure is better.</summary>
    public bool IsRate => Unit.EndsWith("per second", StringComparison.Ordinal) || Unit.EndsWith("/s", StringComparison.Ordinal);

    /// <summary>The number of rounds, where it differs from that of the settings.</summary>
    public int? Rounds { get; init; }

    /// <summary>False when the candidates are different operations, whose ratio means nothing.</summary>
    public bool HasRatios { get; init; } = true;

    /// <summary>Whether it is part of the chart, which shows ratios to C.</summary>
    public bool IsCharted { get; init; } = Candidates[0].Name.StartsWith("C,", StringComparison.Ordinal);

    /// <summary>Runs every candidate once a round, in alternating order.</summary>
    public ComparisonResult Run(string benchmark, int rounds, Action<int, string> reportProgress)
    {
        var samples = AlternatingRounds.Run(
            Candidates, rounds, candidate => candidate.Measure(), (round, candidate) => reportProgress(round, candidate.Name));
        return new(benchmark, this, Candidates.Zip(samples).ToDictionary(pair => pair.First.Name, pair => pair.Second));
    }
}
