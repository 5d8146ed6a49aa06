using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>How long the native tool takes, from its start to its end, beside the tools that it is used in place of.</summary>
internal sealed class ToolRow(Lab lab) : Row(lab)
{
    private const int Runs = 20;
    private const int MorePairs = 400;
    private const string Version = "samehost --version";
    private const string SocatVersion = "socat -V";
    private const string List = "samehost list";
    private const string Ss = "ss -xp";
    private const string Lsof = "lsof +E -U";

    public override string Question => "the tool from its start to its end";

    public override IEnumerable<Comparison> Comparisons =>
        Tool is null ? [] : [Starting(), Listing("the sockets of this machine", 0), Listing($"{2 * MorePairs} more sockets", MorePairs)];

    protected override IEnumerable<string?> Absent =>
    [
        Tool is null ? $"samehost: {Installed.HowToBuildNative}" : null,
        Installed.Program("socat") is null ? $"{SocatVersion}: install the Debian package socat" : null,
        Installed.Program("ss") is null ? $"{Ss}: install the Debian package iproute2" : null,
        Installed.Program("lsof") is null ? $"{Lsof}: install the Debian package lsof" : null,
    ];

    private string? Tool => Installed.Native(Lab.Settings, "samehost");

    private Comparison Starting()
    {
        Contestant[] contestants = [.. IfInstalled(SocatVersion), new(Version, () => Measure(Tool!, "--version"))];
        return Of("only starting", contestants, Goal.NoMoreThan(1.5, Version, SocatVersion));
    }

    private Comparison Listing(string title, int morePairs)
    {
        Contestant[] contestants = [.. IfInstalled(Ss), .. IfInstalled(Lsof), new(List, () => Measure(Tool!, "list"))];
        contestants = [.. contestants.Select(c => c with { Measure = () => With(morePairs, c.Measure) })];
        return Of(title, contestants, Goal.NoMoreThan(1.5, List, Ss));
    }

    private static Comparison Of(string title, Contestant[] contestants, Goal goal) =>
        new($"{title}, median of {Runs} runs", "ms", contestants, Among(contestants, goal));

    private IEnumerable<Contestant> IfInstalled(string commandLine)
    {
        string[] words = commandLine.Split(' ');
        return Installed.Program(words[0]) is { } program ? [new(commandLine, () => Measure(program, words[1..]))] : [];
    }

    private static Sample With(int pairs, Func<Sample> measure)
    {
        var open = new List<UnixStream>();
        try
        {
            for (int i = 0; i < pairs; i++)
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
