using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Some handlers hold their thread for 10 ms: what the requests of the others wait.</summary>
internal sealed class BlockedRow(Lab lab) : Row(lab)
{
    private const int Connections = 100;
    private const string Ours = "Samehost";
    private const string Theirs = "System.Net.Sockets";

    public override string Question => "echo of 64 B, 100 connections, while some handlers sleep for 10 ms: what the others wait";

    public override IEnumerable<Comparison> Comparisons =>
    [
        With("every request of one connection in 100 blocks", "c"),
        With("every 100th request blocks, whoever sent it", "r"),
    ];

    private Comparison With(string title, string kind)
    {
        string free = $"{Ours}, none blocks", blocked = $"{Ours}, some block";
        return new(
            $"{title}, {Placement.Best.Name}",
            EchoLoad.P99,
            [
                new(free, () => Measure("samehost")),
                new(blocked, () => Measure("samehost", kind, "100")),
                new($"{Theirs}, none blocks", () => Measure("sockets")),
                new($"{Theirs}, some block", () => Measure("sockets", kind, "100")),
            ],
            [Goal.NoMoreThan(3, blocked, free)]);
    }

    private Sample Measure(string library, params string[] marks) => EchoLoad
        .Measure(Lab, Command.Role($"slow-echo-{library}", "sleep", "10"), Placement.Best, Connections, marks)
        .About(EchoLoad.P99);
}
