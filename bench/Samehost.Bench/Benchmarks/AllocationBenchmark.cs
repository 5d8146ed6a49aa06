using Samehost.Bench.Measuring;
using Samehost.Bench.Workers;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures the managed bytes that an operation allocates.</summary>
internal sealed class AllocationBenchmark(BenchmarkContext context) : Benchmark(context)
{
    public override string Question => "managed bytes allocated by an operation, after warm-up";

    public override IEnumerable<Comparison> Comparisons =>
    [
        Compare("reading, writing, sending and receiving", AllocationWorkers.Names, MeasureAlone),
        Compare("accepting", AcceptAllocationWorkers.Names, MeasureWithClients),
    ];

    private static Comparison Compare(string title, IEnumerable<string> names, Func<string, Sample> measure) => new(
        title,
        "B per operation",
        [.. names.Select(name => new Candidate(name, () => measure(name)))],
        [.. names.Select(name => Target.Absolute(0, name))])
    {
        Rounds = 1,
        HasRatios = false,
    };

    private Sample MeasureAlone(string operation)
    {
        using var process = ChildProcess.Start(Command.Worker("allocation", operation), null);
        return GetSample(process);
    }

    private Sample MeasureWithClients(string operation)
    {
        var path = Context.TempDirectory.NewSocketPath();
        using var server = ChildProcess.Start(Command.Worker("accept-allocation", operation), null, path);
        server.WaitForLine("ready");
        using var clients = ChildProcess.Start(C("connects", "client"), null, path, "0", "60");
        return GetSample(server);
    }

    // Rounded, because a few bytes are those of the process, not of the operations.
    private static Sample GetSample(ChildProcess process)
    {
        var result = new ResultLine(process.WaitForLine(ResultLine.Start));
        return new(Math.Round(result["allocated"] / result["operations"], 1), new Dictionary<string, double>());
    }
}
