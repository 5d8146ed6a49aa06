using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures the time from the start of a server program to the first byte of its first response.</summary>
internal sealed class StartBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int Starts = 20;
    private const string Epoll = "C, epoll";
    private const string Socat = "socat, echo";
    private const string Samehost = "Samehost, native unixstreamserver";
    private const string Program = "unixstreamserver";

    private static readonly string? SocatProgram = InstalledPrograms.FindInPath("socat");

    public override string Question => "from the start of a server to its first answered byte";

    public override IEnumerable<Comparison> Comparisons => [Compare(Placement.OneCpu), Compare(Placement.Unpinned)];

    protected override IEnumerable<string?> Missing =>
    [
        SocatProgram is null ? $"{Socat}: install the Debian package socat" : null,
        NativeServer is null ? $"{Samehost}: {InstalledPrograms.HowToBuildNative}" : null,
    ];

    private string? NativeServer => InstalledPrograms.FindNative(Context.Settings, Program);

    private Comparison Compare(Placement placement)
    {
        Candidate[] candidates =
        [
            new(Epoll, () => Measure(placement, path => C("echo_server", path))),
            .. SocatProgram is { } socat
                ? [new Candidate(Socat, () => Measure(placement, path => new(socat, $"UNIX-LISTEN:{path}", "PIPE")))]
                : Array.Empty<Candidate>(),
            .. NativeServer is { } ours
                ? [new Candidate(Samehost, () => Measure(placement, path => new(ours, path)))]
                : Array.Empty<Candidate>(),
        ];
        Target[] targets = [Target.NoMoreThan(1, Samehost, Socat), Target.NoMoreThan(5, Samehost, Epoll)];
        return new($"{placement.Name}, median of {Starts} starts", "µs", candidates, SelectTargets(candidates, targets));
    }

    private Sample Measure(Placement placement, Func<string, Command> server)
    {
        var path = Context.TempDirectory.NewSocketPath();
        var command = server(path);
        using var starter = ChildProcess.Start(
            C("start", $"{Starts}", path), placement.ServerCpu, [command.Program, .. command.Arguments]);
        return new(new ResultLine(starter.WaitForLine(ResultLine.Start))["nanoseconds"] / 1000, new Dictionary<string, double>());
    }
}

/// <summary>Measures how long the native tool and comparable tools run.</summary>
internal sealed class ToolBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int Runs = 20;
    private const int MorePairs = 400;
    private const string SamehostVersion = "samehost --version";
    private const string SocatVersion = "socat -V";
    private const string SamehostList = "samehost list";
    private const string Ss = "ss -xp";
    private const string Lsof = "lsof +E -U";

    public override string Question => "the tool from its start to its end";

    public override IEnumerable<Comparison> Comparisons =>
        Tool is null
            ? []
            : [CompareStart(), CompareList("the sockets of this machine", 0), CompareList($"{2 * MorePairs} more sockets", MorePairs)];

    protected override IEnumerable<string?> Missing =>
    [
        Tool is null ? $"samehost: {InstalledPrograms.HowToBuildNative}" : null,
        InstalledPrograms.FindInPath("socat") is null ? $"{SocatVersion}: install the Debian package socat" : null,
        InstalledPrograms.FindInPath("ss") is null ? $"{Ss}: install the Debian package iproute2" : null,
        InstalledPrograms.FindInPath("lsof") is null ? $"{Lsof}: install the Debian package lsof" : null,
    ];

    private string? Tool => InstalledPrograms.FindNative(Context.Settings, "samehost");

    private Comparison CompareStart()
    {
        Candidate[] candidates = [.. IfInstalled(SocatVersion), new(SamehostVersion, () => Measure(Tool!, "--version"))];
        return Compare("only starting", candidates, Target.NoMoreThan(1.5, SamehostVersion, SocatVersion));
    }

    private Comparison CompareList(string title, int morePairs)
    {
        Candidate[] candidates = [.. IfInstalled(Ss), .. IfInstalled(Lsof), new(SamehostList, () => Measure(Tool!, "list"))];
        candidates = [.. candidates.Select(c => c with { Measure = () => MeasureBesidePairs(morePairs, c.Measure) })];
        return Compare(title, candidates, Target.NoMoreThan(1.5, SamehostList, Ss));
    }

    private static Comparison Compare(string title, Candidate[] candidates, Target target) =>
        new($"{title}, median of {Runs} runs", "ms", candidates, SelectTargets(candidates, target));

    private IEnumerable<Candidate> IfInstalled(string commandLine)
    {
        var words = commandLine.Split(' ');
        return InstalledPrograms.FindInPath(words[0]) is { } program ? [new(commandLine, () => Measure(program, words[1..]))] : [];
    }

    private static Sample MeasureBesidePairs(int pairs, Func<Sample> measure)
    {
        var open = new List<UnixStream>();
        try
        {
            for (var i = 0; i < pairs; i++)
            {
                var (one, other) = UnixStream.CreatePair();
                open.AddRange([one, other]);
            }

            return measure();
        }
        finally
        {
            open.ForEach(stream => stream.Dispose());
        }
    }

    private Sample Measure(string program, params string[] arguments)
    {
        using var runs = ChildProcess.Start(C("run", $"{Runs}"), null, [program, .. arguments]);
        return new(new ResultLine(runs.WaitForLine(ResultLine.Start))["nanoseconds"] / 1e6, new Dictionary<string, double>());
    }
}
