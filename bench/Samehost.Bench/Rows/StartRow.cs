using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>From the start of a server program to the first byte of its first answer.</summary>
internal sealed class StartRow(Lab lab) : Row(lab)
{
    private const int Starts = 20;
    private const string OfC = "C, epoll";
    private const string Socat = "socat, echo";
    private const string Ours = "Samehost, native unixstreamserver";
    private const string Program = "unixstreamserver";

    private static readonly string? SocatProgram = Installed.Program("socat");

    public override string Question => "from the start of a server to its first answered byte";

    public override IEnumerable<Comparison> Comparisons => [On(Placement.OneCpu), On(Placement.Unpinned)];

    protected override IEnumerable<string?> Absent =>
    [
        SocatProgram is null ? $"{Socat}: install the Debian package socat" : null,
        OurProgram is null ? $"{Ours}: {Installed.HowToBuildNative}" : null,
    ];

    private string? OurProgram => Installed.Native(Lab.Settings, Program);

    private Comparison On(Placement placement)
    {
        Contestant[] contestants =
        [
            new(OfC, () => Measure(placement, path => C("echo_server", path))),
            .. SocatProgram is { } socat
                ? [new Contestant(Socat, () => Measure(placement, path => new(socat, $"UNIX-LISTEN:{path}", "PIPE")))]
                : Array.Empty<Contestant>(),
            .. OurProgram is { } ours
                ? [new Contestant(Ours, () => Measure(placement, path => new(ours, path)))]
                : Array.Empty<Contestant>(),
        ];
        Goal[] goals = [Goal.NoMoreThan(1, Ours, Socat), Goal.NoMoreThan(5, Ours, OfC)];
        return new($"{placement.Name}, median of {Starts} starts", "µs", contestants, Among(contestants, goals));
    }

    private Sample Measure(Placement placement, Func<string, Command> server)
    {
        string path = Lab.Workspace.NewSocketPath();
        Command command = server(path);
        using var starter = ChildProcess.Start(
            C("start", $"{Starts}", path), placement.ServerCpu, [command.Program, .. command.Arguments]);
        return new(new ResultLine(starter.WaitForLine(ResultLine.Start))["nanoseconds"] / 1000, new Dictionary<string, double>());
    }
}
