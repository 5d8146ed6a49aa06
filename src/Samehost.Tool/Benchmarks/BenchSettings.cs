namespace Samehost.Tool.Benchmarks;

/// <summary>How often, how long and with what.</summary>
internal sealed record BenchSettings(int Rounds, TimeSpan Time, int Size)
{
    /// <summary>What a flow is made of: large enough for the copying to count, small enough for UDP.</summary>
    public const int FlowSize = 32 * 1024;

    public bool IsOneCpu { get; init; }

    public bool IsJson { get; init; }

    public string? Chart { get; init; }
}
