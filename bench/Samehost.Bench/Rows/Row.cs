using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>One question that the benchmark answers, under each of its conditions.</summary>
internal abstract class Row(Lab lab)
{
    public abstract string Question { get; }

    public abstract IEnumerable<Comparison> Comparisons { get; }

    /// <summary>What cannot be measured on this machine, and what would change that.</summary>
    public IEnumerable<string> NotPossible =>
        Absent.Prepend(Placement.Missing).OfType<string>();

    protected Lab Lab { get; } = lab;

    /// <summary>Contestants that are not installed.</summary>
    protected virtual IEnumerable<string?> Absent => [];

    protected Command C(string program, params IReadOnlyList<string> arguments) => Lab.References.Command(program, arguments);

    /// <summary>What to say of a program that is not there; null when it is.</summary>
    protected string? WhyAbsent(string contestant, string program) =>
        Lab.References.WhyAbsent(program) is { } why ? $"{contestant}: {why}" : null;

    /// <summary>A contestant, or none where its program is not installed.</summary>
    protected IEnumerable<Contestant> IfThere(string contestant, string program, Func<Sample> measure) =>
        Lab.References.WhyAbsent(program) is null ? [new(contestant, measure)] : [];

    /// <summary>The goals among these whose contestants are all there.</summary>
    protected static IReadOnlyList<Goal> Among(IReadOnlyList<Contestant> contestants, params IEnumerable<Goal> goals) =>
        [.. goals.Where(g => Has(contestants, g.Contestant) && (g.Reference is null || Has(contestants, g.Reference)))];

    private static bool Has(IReadOnlyList<Contestant> contestants, string name) => contestants.Any(c => c.Name == name);
}
