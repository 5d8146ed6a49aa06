using System.Globalization;

namespace Samehost.Bench.Measuring;

/// <summary>
/// What the ratio of one contestant to another should be, or a figure itself where there is no reference. The figure is the one
/// that the comparison is about, unless a metric names another of the sample.
/// </summary>
internal sealed record Goal(string Contestant, string? Reference, bool AtMost, double Bound, string? Metric)
{
    public static Goal NoMoreThan(double bound, string contestant, string reference, string? metric = null) =>
        new(contestant, reference, true, bound, metric);

    public static Goal AtLeast(double bound, string contestant, string reference, string? metric = null) =>
        new(contestant, reference, false, bound, metric);

    /// <summary>A bound for the figure as it is, held against nobody.</summary>
    public static Goal Itself(double bound, string contestant, string? metric = null) => new(contestant, null, true, bound, metric);

    public bool IsMetBy(double value) => AtMost ? value <= Bound : value >= Bound;

    public override string ToString() =>
        (AtMost ? "≤ " : "≥ ") + Bound.ToString(Bound >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture);
}
