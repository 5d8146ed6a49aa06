using System.Globalization;

namespace Samehost.Bench.Measuring;

/// <summary>What the ratio of one contestant to another should be.</summary>
internal sealed record Goal(string Contestant, string Reference, bool AtMost, double Bound)
{
    public static Goal NoMoreThan(double bound, string contestant, string reference) => new(contestant, reference, true, bound);

    public static Goal AtLeast(double bound, string contestant, string reference) => new(contestant, reference, false, bound);

    public bool IsMetBy(double ratio) => AtMost ? ratio <= Bound : ratio >= Bound;

    public override string ToString() => (AtMost ? "≤ " : "≥ ") + Bound.ToString("0.00", CultureInfo.InvariantCulture);
}
