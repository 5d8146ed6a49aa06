namespace Samehost.Bench.Measuring;

/// <summary>The outcome of one run: the figure that is compared, and others that help to understand it.</summary>
internal sealed record Sample(double Figure, IReadOnlyDictionary<string, double> Also);
