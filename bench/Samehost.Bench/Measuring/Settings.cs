namespace Samehost.Bench.Measuring;

/// <summary>How long and how often to measure; just-in-time code needs about a second of warm-up.</summary>
internal sealed record Settings(int Rounds, double WarmupSeconds, double Seconds, IReadOnlyList<int> Connections);
