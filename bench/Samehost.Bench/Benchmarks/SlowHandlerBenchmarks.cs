using Samehost.Bench.Measuring;
using Samehost.Bench.Workers;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures the latency of other requests while some handlers block their thread for 10 ms.</summary>
internal sealed class BlockedBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int Connections = 100;
    private const string Samehost = "Samehost";
    private const string Sockets = "System.Net.Sockets";

    public override string Question => "echo of 64 B, 100 connections, while some handlers sleep for 10 ms: what the others wait";

    public override IEnumerable<Comparison> Comparisons =>
    [
        Compare("every request of one connection in 100 blocks", "c"),
        Compare("every 100th request of all connections blocks", "r"),
    ];

    private Comparison Compare(string title, string kind)
    {
        string free = $"{Samehost}, none blocks", blocked = $"{Samehost}, some block";
        return new(
            $"{title}, {Placement.Best.Name}",
            EchoLoad.P99,
            [
                new(free, () => Measure("samehost")),
                new(blocked, () => Measure("samehost", kind, "100")),
                new($"{Sockets}, none blocks", () => Measure("sockets")),
                new($"{Sockets}, some block", () => Measure("sockets", kind, "100")),
            ],
            [Target.NoMoreThan(3, blocked, free)]);
    }

    private Sample Measure(string library, params string[] marks) => EchoLoad
        .Measure(Context, Command.Worker($"slow-echo-{library}", "sleep", "10"), Placement.Best, Connections, marks)
        .WithFigure(EchoLoad.P99);
}

/// <summary>Measures handlers that compute, which a server should distribute over all processors.</summary>
internal sealed class ComputingBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int Connections = 100;
    private const int Microseconds = 500;
    private const string Sockets = "System.Net.Sockets, async";
    private const string Samehost = "Samehost, async";

    public override string Question => "echo of 64 B, 100 connections, each request computed for 500 µs";

    public override IEnumerable<Comparison> Comparisons =>
    [
        new(
            Placement.Unpinned.Name,
            "requests per second",
            [new(Sockets, () => Measure("sockets")), new(Samehost, () => Measure("samehost"))],
            [Target.AtLeast(0.95, Samehost, Sockets)]),
    ];

    // The work is counted in steps, not timed: a handler that waits for a processor has the same amount of work.
    private Sample Measure(string library) => EchoLoad.Measure(
        Context,
        Command.Worker($"slow-echo-{library}", "compute", $"{Computation.StepsIn(TimeSpan.FromMicroseconds(Microseconds))}"),
        Placement.Unpinned,
        Connections,
        "c",
        "1");
}
