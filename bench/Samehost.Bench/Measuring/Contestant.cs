namespace Samehost.Bench.Measuring;

/// <summary>One way of doing the work; <paramref name="Measure"/> does it once in fresh processes.</summary>
internal sealed record Contestant(string Name, Func<Sample> Measure);
