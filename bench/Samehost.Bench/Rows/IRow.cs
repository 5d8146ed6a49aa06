using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>One question that the benchmark answers, under each of its conditions.</summary>
internal interface IRow
{
    string Name { get; }

    string Question { get; }

    /// <summary>Conditions that this machine cannot offer, in words.</summary>
    IEnumerable<string> NotPossible { get; }

    IEnumerable<Comparison> Comparisons { get; }
}
