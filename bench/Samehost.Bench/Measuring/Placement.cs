using Samehost.Bench.Interop;

namespace Samehost.Bench.Measuring;

/// <summary>
/// Where the two processes of a measurement run. It is always said, because an unpinned pair falls from one placement into the
/// other and the two differ by more than any two contestants do.
/// </summary>
internal sealed record Placement(string Name, int? ClientCpu, int? ServerCpu)
{
    private static readonly int[] Allowed = CpuAffinity.Get();

    /// <summary>Each process has a CPU of its own; null where there is only one to be had.</summary>
    public static Placement? TwoCpus { get; } =
        Allowed.Length < 2 ? null : new($"two CPUs (client on {Allowed[0]}, server on {Allowed[1]})", Allowed[0], Allowed[1]);

    public static Placement OneCpu { get; } = new($"one CPU (both on {Allowed[0]})", Allowed[0], Allowed[0]);

    public static Placement Unpinned { get; } = new($"not pinned ({Allowed.Length} CPUs)", null, null);
}
