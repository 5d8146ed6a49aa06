using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures round trips of one message at a time, which is the cost of a wake-up.</summary>
internal sealed class RoundTripBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const string Blocking = "C, blocking";
    private const string SocketsAsync = "System.Net.Sockets, async";
    private const string SamehostSync = "Samehost, sync";
    private const string SamehostAsync = "Samehost, async";

    public override string Question => "64 B there and back between two processes";

    public override IEnumerable<Comparison> Comparisons => Placement.Pinned.Select(Compare);

    private static Target[] GetTargets(Placement placement) => placement == Placement.OneCpu
        ? [Target.NoMoreThan(1.10, SamehostAsync, Blocking), Target.NoMoreThan(1.05, SamehostSync, Blocking)]
        :
        [
            Target.NoMoreThan(0.10, SamehostAsync, Blocking),
            Target.NoMoreThan(0.20, SamehostAsync, SocketsAsync),
            Target.NoMoreThan(0.08, SamehostSync, Blocking),
        ];

    private Comparison Compare(Placement placement) => new(
        placement.Name,
        "ns per round trip",
        [
            CreateReference(Blocking, "blocking", placement),
            CreateReference("C, polling", "polling", placement),
            CreateCandidate("System.Net.Sockets, sync", "sockets-sync", placement),
            CreateCandidate(SocketsAsync, "sockets-async", placement),
            CreateCandidate(SamehostSync, "samehost-sync", placement),
            CreateCandidate(SamehostAsync, "samehost-async", placement),
        ],
        GetTargets(placement));

    private Candidate CreateReference(string name, string mode, Placement placement) =>
        new(name, () => Measure(C("pingpong", "server", mode), C("pingpong", "client", mode), placement));

    private Candidate CreateCandidate(string name, string worker, Placement placement) => new(name, () => Measure(
        Command.Worker($"pingpong-server-{worker}"), Command.Worker($"pingpong-client-{worker}"), placement));

    private Sample Measure(Command server, Command client, Placement placement)
    {
        var result = Context.MeasureRoundTrips(placement, server, client);
        return new(result["nanoseconds"] / result["roundtrips"], new Dictionary<string, double>());
    }
}

/// <summary>Measures connections that are established, accepted and closed one after the other.</summary>
internal sealed class ConnectBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const string Reference = "C, blocking";
    private const string Sockets = "System.Net.Sockets, async";
    private const string Sync = "Samehost, sync";
    private const string Async = "Samehost, async";

    public override string Question => "connect, accept and close between two processes";

    public override IEnumerable<Comparison> Comparisons => [Compare(Placement.Best)];

    private Comparison Compare(Placement placement) => new(
        placement.Name,
        "connections per second",
        [
            new(Reference, () => Measure(placement, C("connects", "server"), C("connects", "client"))),
            CreateCandidate(Sockets, "sockets-async", placement),
            CreateCandidate(Sync, "samehost-sync", placement),
            CreateCandidate(Async, "samehost-async", placement),
        ],
        [Target.AtLeast(0.95, Sync, Reference), Target.AtLeast(0.95, Async, Reference), Target.AtLeast(1.5, Async, Sockets)]);

    private Candidate CreateCandidate(string name, string worker, Placement placement) => new(name, () => Measure(
        placement, Command.Worker($"connects-server-{worker}"), Command.Worker($"connects-client-{worker}")));

    private Sample Measure(Placement placement, Command server, Command client)
    {
        var result = Context.MeasureRoundTrips(placement, server, client);
        return new(result["roundtrips"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>());
    }
}
