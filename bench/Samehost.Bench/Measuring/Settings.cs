namespace Samehost.Bench.Measuring;

/// <summary>
/// How long and how often to measure. The directory is where the native programs are, for the row that starts them.
/// </summary>
internal sealed record Settings(
    int Rounds, double WarmupSeconds, double Seconds, IReadOnlyList<int> Connections, string? ProgramDirectory);
