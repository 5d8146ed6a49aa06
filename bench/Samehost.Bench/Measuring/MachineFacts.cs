using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Measuring.Interop;

namespace Samehost.Bench.Measuring;

/// <summary>What a reader has to know about the machine to judge the figures.</summary>
internal static class MachineFacts
{
    public static IReadOnlyDictionary<string, string> Read(ReferencePrograms references)
    {
        int[] cpus = CpuAffinity.Get();
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

    // Two threads of one core share its caches and its pipeline: a wake-up between them is not one between cores.
    private static string Siblings(int[] cpus)
    {
        string file = $"/sys/devices/system/cpu/cpu{cpus[0]}/topology/thread_siblings_list";
        if (cpus.Length < 2 || !File.Exists(file))
            return "";
        bool shared = File.ReadAllText(file).Trim().Split(',', '-').Contains(cpus[1].ToString());
        return shared ? $", {cpus[0]} and {cpus[1]} are threads of one core" : "";
    }
}
