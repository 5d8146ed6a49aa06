using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Handlers that compute: a server that keeps them on one thread wastes the other processors.</summary>
internal sealed class ComputingRow(Lab lab) : Row(lab)
{
    private const int Connections = 100;
    private const int Microseconds = 500;
    private const string Sockets = "System.Net.Sockets, async";
    private const string Ours = "Samehost, async";

    public override string Question => "echo of 64 B, 100 connections, each request computed for 500 µs";

    public override IEnumerable<Comparison> Comparisons =>
    [
        new(
            Placement.Unpinned.Name,
            "requests per second",
            [new(Sockets, () => Measure("sockets")), new(Ours, () => Measure("samehost"))],
            [Goal.AtLeast(0.95, Ours, Sockets)]),
    ];

    // The work is counted in steps, not timed: a handler that has to wait for a processor does not have less to do.
    private Sample Measure(string library) => EchoLoad.Measure(
        Lab,
        Command.Role($"slow-echo-{library}", "compute", $"{Computation.StepsIn(TimeSpan.FromMicroseconds(Microseconds))}"),
        Placement.Unpinned,
        Connections,
        "c",
        "1");
}
