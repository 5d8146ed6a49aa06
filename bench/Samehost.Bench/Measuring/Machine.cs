using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Measuring.Interop;

namespace Samehost.Bench.Measuring;

/// <summary>The properties of this machine that are needed to judge the figures.</summary>
internal static class Machine
{
    public static IReadOnlyDictionary<string, string> Describe(ReferencePrograms references)
    {
        var cpus = CpuAffinity.Get();
        var facts = new Dictionary<string, string>
        {
            ["processor"] = ModelName() ?? RuntimeInformation.ProcessArchitecture.ToString(),
            ["CPUs"] = $"{cpus.Length} ({string.Join(' ', cpus)}){Siblings(cpus)}",
            ["load"] = File.ReadAllText("/proc/loadavg").Split(' ')[0] + " over the last minute",
            ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["compiler"] = references.Compiler,
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC",
        };
        if (references.GoCompiler is { } go)
            facts["Go"] = go;
        return facts;
    }

    private static string? ModelName() =>
        File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();

    // Two threads of one core share its caches and its pipeline: a wake-up between them costs less than one between cores.
    private static string Siblings(int[] cpus)
    {
        var file = $"/sys/devices/system/cpu/cpu{cpus[0]}/topology/thread_siblings_list";
        if (cpus.Length < 2 || !File.Exists(file))
            return "";
        var shared = File.ReadAllText(file).Trim().Split(',', '-').Contains(cpus[1].ToString(CultureInfo.InvariantCulture));
        return shared ? $", {cpus[0]} and {cpus[1]} are threads of one core" : "";
    }
}

/// <summary>
/// The CPUs on which the two processes of a measurement run. It is part of every title, because the placement changes the figures more
/// than the candidates differ, and the placement of unpinned processes varies.
/// </summary>
internal sealed record Placement(string Name, int? ClientCpu, int? ServerCpu)
{
    private static readonly int[] Allowed = CpuAffinity.Get();

    public static Placement OneCpu { get; } = new($"one CPU (both on {Allowed[0]})", Allowed[0], Allowed[0]);

    /// <summary>A CPU for each process; the same one where only one is allowed.</summary>
    public static Placement Best { get; } = Allowed.Length < 2
        ? OneCpu
        : new($"two CPUs (client on {Allowed[0]}, server on {Allowed[1]})", Allowed[0], Allowed[1]);

    /// <summary>Both pinned placements, without duplicates.</summary>
    public static IReadOnlyList<Placement> Pinned { get; } = [.. new[] { Best, OneCpu }.Distinct()];

    public static Placement Unpinned { get; } = new($"not pinned ({Allowed.Length} CPUs)", null, null);

    /// <summary>The placement that this machine does not allow, and why; null without one.</summary>
    public static string? Missing { get; } = Best == OneCpu ? "two CPUs: this process may use only one" : null;
}
