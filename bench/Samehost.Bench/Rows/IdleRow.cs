using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Ten thousand connections that say nothing: what they cost by being there, and one that does speak.</summary>
internal sealed class IdleRow(Lab lab) : Row(lab)
{
    private const int Connections = 10_000;
    private const string Cpu = "idle CPU %";
    private const string Memory = "managed B each";
    private const string Ours = "Samehost";
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    public override string Question => "64 B there and back on one connection, alone and beside 10,000 idle ones";

    public override IEnumerable<Comparison> Comparisons
    {
        get
        {
            string alone = $"{Ours}, alone", beside = $"{Ours}, 10,000 idle";
            yield return new(
                Placement.Best.Name,
                "ns per round trip",
                [
                    new(alone, () => Measure(Command.Role("idle-echo-samehost"), 0)),
                    new(beside, () => Measure(Command.Role("idle-echo-samehost"), Connections)),
                    new("System.Net.Sockets, alone", () => Measure(Command.Role("idle-echo-sockets"), 0)),
                    new("System.Net.Sockets, 10,000 idle", () => Measure(Command.Role("idle-echo-sockets"), Connections)),
                ],
                [
                    Goal.NoMoreThan(1.2, beside, alone),
                    Goal.Itself(0.04, beside, Cpu), // 0.0 with one digit
                    Goal.Itself(2048, beside, Memory),
                ])
            {
                Rounds = Math.Min(3, Lab.Settings.Rounds),
            };
        }
    }

    private Sample Measure(Command command, int connections)
    {
        string path = Lab.Workspace.NewSocketPath();
        using var server = ChildProcess.Start(command, Placement.Best.ServerCpu, path);
        server.WaitForLine("ready");
        double before = ManagedBytes(server);
        using var idle = ChildProcess.Start(C("hold"), Placement.Best.ClientCpu, path, $"{connections}");
        idle.WaitForLine("holding");
        double each = connections == 0 ? 0 : (ManagedBytes(server) - before) / connections;
        double percent = CpuPercent(server);
        Sample sample = EchoLoad.Measure(Lab, server, command, path, Placement.Best, 1);
        return new(1e9 / sample.Figure, new Dictionary<string, double> { [Cpu] = percent, [Memory] = each });
    }

    private static double ManagedBytes(ChildProcess server)
    {
        server.Say("memory");
        return new ResultLine(server.WaitForLine(ResultLine.Start))["managed"];
    }

    // What happened before may take a while to be over: polling budgets, the collector, the compiler's threads.
    private static double CpuPercent(ChildProcess server)
    {
        Thread.Sleep(Calm);
        double before = server.CpuNanoseconds;
        Thread.Sleep(Calm);
        return (server.CpuNanoseconds - before) / Calm.TotalNanoseconds * 100;
    }
}
