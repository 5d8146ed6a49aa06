using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>The rows by name, in the order in which they run.</summary>
internal static class AllRows
{
    private static readonly (string Name, Func<Lab, Row> Make)[] All =
    [
        ("roundtrip", lab => new RoundTripRow(lab)),
        ("framed", lab => new FramedRow(lab)),
        ("bulk", lab => new BulkRow(lab)),
        ("echo", lab => new EchoRow(lab)),
        ("blocked", lab => new BlockedRow(lab)),
        ("computing", lab => new ComputingRow(lab)),
        ("datagrams", lab => new DatagramRow(lab)),
        ("connect", lab => new ConnectRow(lab)),
        ("idle", lab => new IdleRow(lab)),
        ("allocation", lab => new AllocationRow(lab)),
        ("start", lab => new StartRow(lab)),
        ("tool", lab => new ToolRow(lab)),
        ("web", lab => new WebRow(lab)),
        ("fairness", lab => new FairnessRow(lab)),
    ];

    public static IEnumerable<string> Names => All.Select(row => row.Name);

    /// <summary>Those with these names, or all without any.</summary>
    public static IEnumerable<(string Name, Row Row)> Of(Lab lab, IReadOnlyCollection<string> names) =>
        All.Where(row => names.Count == 0 || names.Contains(row.Name)).Select(row => (row.Name, row.Make(lab)));
}
