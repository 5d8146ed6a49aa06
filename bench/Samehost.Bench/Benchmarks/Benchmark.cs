using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>One question that is measured, under each of its conditions: a row of <c>--row</c>.</summary>
internal abstract class Benchmark(BenchmarkContext context)
{
    private static readonly (string Name, Func<BenchmarkContext, Benchmark> Create)[] All =
    [
        ("roundtrip", context => new RoundTripBenchmark(context)),
        ("framed", context => new FramedBenchmark(context)),
        ("bulk", context => new BulkBenchmark(context)),
        ("echo", context => new EchoBenchmark(context)),
        ("instructions", context => new InstructionsBenchmark(context)),
        ("blocked", context => new BlockedBenchmark(context)),
        ("computing", context => new ComputingBenchmark(context)),
        ("datagrams", context => new DatagramBenchmark(context)),
        ("connect", context => new ConnectBenchmark(context)),
        ("idle", context => new IdleBenchmark(context)),
        ("allocation", context => new AllocationBenchmark(context)),
        ("start", context => new StartBenchmark(context)),
        ("tool", context => new ToolBenchmark(context)),
        ("web", context => new WebBenchmark(context)),
        ("fairness", context => new FairnessBenchmark(context)),
    ];

    /// <summary>The names of all benchmarks, in the order in which they run.</summary>
    public static IEnumerable<string> Names => All.Select(benchmark => benchmark.Name);

    public abstract string Question { get; }

    public abstract IEnumerable<Comparison> Comparisons { get; }

    /// <summary>What cannot be measured on this machine, and what to install for it.</summary>
    public IEnumerable<string> NotMeasured => Missing.Prepend(Placement.Missing).OfType<string>();

    protected BenchmarkContext Context { get; } = context;

    /// <summary>The candidates that are not installed, and why; null for one that is.</summary>
    protected virtual IEnumerable<string?> Missing => [];

    /// <summary>Returns the benchmarks with these names, or all without any.</summary>
    public static IEnumerable<(string Name, Benchmark Benchmark)> Create(BenchmarkContext context, IReadOnlyCollection<string> names) =>
        All.Where(benchmark => names.Count == 0 || names.Contains(benchmark.Name))
            .Select(benchmark => (benchmark.Name, benchmark.Create(context)));

    /// <summary>Returns the command of a reference program.</summary>
    protected Command C(string program, params IReadOnlyList<string> arguments) => Context.References.Command(program, arguments);

    /// <summary>Returns why a candidate's program is missing; null when it is not.</summary>
    protected string? GetMissingReason(string candidate, string program) =>
        Context.References.GetMissingReason(program) is { } reason ? $"{candidate}: {reason}" : null;

    /// <summary>Returns a candidate, or none where its program is missing.</summary>
    protected IEnumerable<Candidate> IfAvailable(string candidate, string program, Func<Sample> measure) =>
        Context.References.GetMissingReason(program) is null ? [new(candidate, measure)] : [];

    /// <summary>Returns the targets whose candidates are available.</summary>
    protected static IReadOnlyList<Target> SelectTargets(IReadOnlyList<Candidate> candidates, params IEnumerable<Target> targets) =>
        [.. targets.Where(t => Contains(candidates, t.Candidate) && (t.Reference is null || Contains(candidates, t.Reference)))];

    private static bool Contains(IReadOnlyList<Candidate> candidates, string name) => candidates.Any(c => c.Name == name);
}
