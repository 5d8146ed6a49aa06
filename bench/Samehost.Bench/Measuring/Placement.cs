using Samehost.Measuring.Interop;

namespace Samehost.Bench.Measuring;

/// <summary>
/// Where the two processes of a measurement run. It is always said, because an unpinned pair falls from one placement into the
/// other and the two differ by more than any two contestants do.
/// </summary>
internal sealed record Placement(string Name, int? ClientCpu, int? ServerCpu)
{
    private static readonly int[] Allowed = CpuAffinity.Get();

    public static Placement OneCpu { get; } = new($"one CPU (both on {Allowed[0]})", Allowed[0], Allowed[0]);

    /// <summary>Each process has a CPU of its own; where there is only one to be had, both share it.</summary>
    public static Placement Best { get; } = Allowed.Length < 2
        ? OneCpu
        : new($"two CPUs (client on {Allowed[0]}, server on {Allowed[1]})", Allowed[0], Allowed[1]);

    /// <summary>Both pinned placements, or the one that there is.</summary>
    public static IReadOnlyList<Placement> Pinned { get; } = [.. new[] { Best, OneCpu }.Distinct()];

    public static Placement Unpinned { get; } = new($"not pinned ({Allowed.Length} CPUs)", null, null);

    /// <summary>What this machine cannot offer, in words.</summary>
    public static string? Missing { get; } = Best == OneCpu ? "two CPUs: this process may use only one" : null;
}
