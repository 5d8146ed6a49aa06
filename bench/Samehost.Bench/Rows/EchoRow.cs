using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Many connections that each ask, wait for the answer and ask again: what a server costs per request.</summary>
internal sealed class EchoRow(Lab lab) : Row(lab)
{
    private const int ShownOnOneCpu = 100;
    private const string Epoll = "C, epoll";
    private const string Go = "Go, net";
    private const string GoProgram = "echo_server_go";
    private const string SocketsAsync = "System.Net.Sockets, async";
    private const string SamehostAsync = "Samehost, async";

    public override string Question => "echo of 64 B to one C load generator";

    public override IEnumerable<Comparison> Comparisons =>
        from connections in Lab.Settings.Connections
        from placement in connections == ShownOnOneCpu ? Placement.Pinned : [Placement.Best]
        select On(placement, connections);

    protected override IEnumerable<string?> Absent => [WhyAbsent(Go, GoProgram)];

    private Comparison On(Placement placement, int connections)
    {
        Contestant[] contestants =
        [
            new(Epoll, () => Measure(C("echo_server"))),
            .. IfThere(Go, GoProgram, () => Measure(C(GoProgram))),
            new(SocketsAsync, () => Measure(Command.Role("echo-server-sockets-async"))),
            new(SamehostAsync, () => Measure(Command.Role("echo-server-samehost-async"))),
        ];
        string title = $"{connections} connection{(connections == 1 ? "" : "s")}, {placement.Name}";
        return new(title, "requests per second", contestants, Among(contestants, Goals(placement, connections)));

        Sample Measure(Command server) => EchoLoad.Measure(Lab, server, placement, connections);
    }

    private static IEnumerable<Goal> Goals(Placement placement, int connections)
    {
        if (placement != Placement.Best)
            yield break;
        yield return Goal.AtLeast(1, SamehostAsync, Epoll);
        yield return Goal.AtLeast(2.5, SamehostAsync, SocketsAsync);
        yield return Goal.AtLeast(1.3, SamehostAsync, Go);
        if (connections is 100 or 1000)
            yield return Goal.NoMoreThan(1, SamehostAsync, Epoll, EchoLoad.CpuPerRequest);
    }
}
