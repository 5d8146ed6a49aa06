using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Bytes one way, as many as go, in large writes: what copying through the kernel costs.</summary>
internal sealed class BulkRow(Lab lab) : Row(lab)
{
    private const string Plain = "C, default buffers";
    private const string Tuned = "C, tuned";
    private const string Sockets = "System.Net.Sockets, async";
    private const string Ours = "Samehost, async";

    public override string Question => "bytes one way between two processes";

    public override IEnumerable<Comparison> Comparisons => [Of(64, Placement.Best), Of(256, Placement.Best)];

    private Comparison Of(int kibibytes, Placement placement) => new(
        $"writes of {kibibytes} KiB, {placement.Name}",
        "MiB/s",
        [
            new(Plain, () => OfC(placement, kibibytes, "")),
            new(Tuned, () => OfC(placement, kibibytes, "-tuned")),
            new(Sockets, () => OfRoles(placement, kibibytes, "sockets")),
            new(Ours, () => OfRoles(placement, kibibytes, "samehost")),
        ],
        [Goal.AtLeast(1.5, Ours, Plain), Goal.AtLeast(0.95, Ours, Tuned), Goal.AtLeast(2, Ours, Sockets)]);

    private Sample OfC(Placement placement, int kibibytes, string kind) => Measure(
        placement, kibibytes, size => C("bulk", $"receive{kind}", size), size => C("bulk", $"send{kind}", size));

    private Sample OfRoles(Placement placement, int kibibytes, string role) => Measure(
        placement, kibibytes, size => Command.Role($"bulk-receive-{role}", size), size => Command.Role($"bulk-send-{role}", size));

    private Sample Measure(Placement placement, int kibibytes, Func<string, Command> receive, Func<string, Command> send)
    {
        string size = $"{kibibytes * 1024}";
        double bytesPerSecond = Lab.OneWay(placement, receive(size), send(size)).Figure;
        return new(bytesPerSecond / (1 << 20), new Dictionary<string, double>());
    }
}
