using System.Globalization;
using Samehost.Interop;
using Samehost.Measuring.Interop;

namespace Samehost.Tool.Bench;

/// <summary>Measures other load of the machine during a benchmark.</summary>
internal sealed class MachineNoise
{
    private const double MaxStolenShare = 0.02;
    private const double MaxSpread = 1.5;

    private readonly (double Stolen, double All) _before = Times();
    private readonly double _load = Number(File.ReadAllText("/proc/loadavg").Split(' ')[0]);

    /// <summary>Lists reasons why the results may be inaccurate.</summary>
    public IEnumerable<string> Warnings(IReadOnlyList<TransportResult> outcomes)
    {
        var cpus = CpuAffinity.Get().Length;
        if (cpus < 2)
        {
            yield return "this process may use one CPU only: the two processes take turns, and waking the other one costs nothing";
        }
        else if (_load > cpus / 2.0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"the load was {_load:0.0} on {cpus} CPUs before: other programs are running");
        }
        var (stolen, all) = Times();
        var share = (stolen - _before.Stolen) / Math.Max(1, all - _before.All);
        if (share > MaxStolenShare)
            yield return string.Create(CultureInfo.InvariantCulture, $"the virtual machine was denied {share:0%} of its CPU time");
        string[] unsteady = [.. outcomes.Where(IsUnsteady).Select(o => o.Name)];
        if (unsteady.Length > 0)
            yield return $"the rounds differ by more than half: {string.Join(", ", unsteady)}; more rounds help";
    }

    private static bool IsUnsteady(TransportResult outcome)
    {
        var spread = outcome.Of(run => run.P50);
        return spread.Max > MaxSpread * spread.Min;
    }

    // The first line of proc_stat(5): the ninth word is the time that the hypervisor gave to others.
    private static (double Stolen, double All) Times()
    {
        double[] all = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(word => Number(word))];
        return (all.Length > 7 ? all[7] : 0, all.Sum());
    }

    private static double Number(string text) => Numbers.TryParseDecimal(text, out var number) ? number : 0;
}
