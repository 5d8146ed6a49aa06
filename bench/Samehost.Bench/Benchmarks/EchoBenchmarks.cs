using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures the requests per second, and the cost of each, of an echo server with many connections.</summary>
internal sealed class EchoBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int ShownOnOneCpu = 100;
    private const string Epoll = "C, epoll";
    private const string Go = "Go, net";
    private const string GoProgram = "echo_server_go";
    private const string SocketsAsync = "System.Net.Sockets, async";
    private const string SamehostAsync = "Samehost, async";

    public override string Question => "echo of 64 B to one C load generator";

    public override IEnumerable<Comparison> Comparisons =>
        from connections in Context.Settings.Connections
        from placement in Placements(connections)
        select Compare(placement, connections);

    // With a single unpinned connection the result depends only on where the kernel places the two processes.
    private static IEnumerable<Placement> Placements(int connections) => connections switch
    {
        1 => [Placement.Best],
        ShownOnOneCpu => [Placement.Unpinned, .. Placement.Pinned],
        _ => [Placement.Unpinned, Placement.Best],
    };

    protected override IEnumerable<string?> Missing => [GetMissingReason(Go, GoProgram)];

    private Comparison Compare(Placement placement, int connections)
    {
        Candidate[] candidates =
        [
            new(Epoll, () => Measure(C("echo_server"))),
            .. IfAvailable(Go, GoProgram, () => Measure(C(GoProgram))),
            new(SocketsAsync, () => Measure(Command.Worker("echo-server-sockets-async"))),
            new(SamehostAsync, () => Measure(Command.Worker("echo-server-samehost-async"))),
        ];
        var title = $"{connections} connection{(connections == 1 ? "" : "s")}, {placement.Name}";
        return new(title, "requests per second", candidates, SelectTargets(candidates, GetTargets(placement, connections)));

        Sample Measure(Command server) => EchoLoad.Measure(Context, server, placement, connections);
    }

    private static IEnumerable<Target> GetTargets(Placement placement, int connections)
    {
        if (placement != Placement.Best && placement != Placement.Unpinned)
            yield break;
        yield return Target.AtLeast(1, SamehostAsync, Epoll);
        yield return Target.AtLeast(2.5, SamehostAsync, SocketsAsync);
        yield return Target.AtLeast(1.3, SamehostAsync, Go);
        if (connections is 100 or 1000)
            yield return Target.NoMoreThan(1, SamehostAsync, Epoll, EchoLoad.CpuPerRequest);
    }
}

/// <summary>Measures the cost of ten thousand idle connections, also for an active one beside them.</summary>
internal sealed class IdleBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int Connections = 10_000;
    private const string Cpu = "idle CPU %";
    private const string Memory = "managed B each";
    private const string Samehost = "Samehost";
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(1);

    public override string Question => "64 B there and back on one connection, alone and beside 10,000 idle ones";

    public override IEnumerable<Comparison> Comparisons
    {
        get
        {
            string alone = $"{Samehost}, alone", beside = $"{Samehost}, 10,000 idle";
            yield return new(
                Placement.Best.Name,
                "ns per round trip",
                [
                    new(alone, () => Measure(Command.Worker("idle-echo-samehost"), 0)),
                    new(beside, () => Measure(Command.Worker("idle-echo-samehost"), Connections)),
                    new("System.Net.Sockets, alone", () => Measure(Command.Worker("idle-echo-sockets"), 0)),
                    new("System.Net.Sockets, 10,000 idle", () => Measure(Command.Worker("idle-echo-sockets"), Connections)),
                ],
                [
                    Target.NoMoreThan(1.2, beside, alone),
                    Target.Absolute(0.04, beside, Cpu), // 0.0 with one digit
                    Target.Absolute(2048, beside, Memory),
                ])
            {
                Rounds = Math.Min(3, Context.Settings.Rounds),
            };
        }
    }

    private Sample Measure(Command command, int connections)
    {
        var path = Context.TempDirectory.NewSocketPath();
        using var server = ChildProcess.Start(command, Placement.Best.ServerCpu, path);
        server.WaitForLine("ready");
        var before = ManagedBytes(server);
        using var idle = ChildProcess.Start(C("hold"), Placement.Best.ClientCpu, path, $"{connections}");
        idle.WaitForLine("holding");
        var each = connections == 0 ? 0 : (ManagedBytes(server) - before) / connections;
        var percent = CpuPercent(server);
        var sample = EchoLoad.Measure(Context, server, command, path, Placement.Best, 1);
        return new(1e9 / sample.Figure, new Dictionary<string, double> { [Cpu] = percent, [Memory] = each });
    }

    private static double ManagedBytes(ChildProcess server)
    {
        server.WriteLine("memory");
        return new ResultLine(server.WaitForLine(ResultLine.Start))["managed"];
    }

    // Spinning, garbage collection and compilation continue for a moment after the last request.
    private static double CpuPercent(ChildProcess server)
    {
        Thread.Sleep(IdleTime);
        var before = server.CpuNanoseconds;
        Thread.Sleep(IdleTime);
        return (server.CpuNanoseconds - before) / IdleTime.TotalNanoseconds * 100;
    }
}

/// <summary>Measures the latency of one client while another one floods the server.</summary>
internal sealed class FairnessBenchmark(BenchmarkContext context) : Benchmark(context)
{
    public override string Question => "64 B there and back for a quiet client, alone and beside one that floods the server";

    public override IEnumerable<Comparison> Comparisons =>
    [
        new(
            Placement.Best.Name,
            EchoLoad.P99,
            [
                .. GetCandidates("C, epoll", C("echo_server")),
                .. GetCandidates("System.Net.Sockets", Command.Worker("echo-server-sockets-async")),
                .. GetCandidates("Samehost", Command.Worker("echo-server-samehost-async")),
            ],
            [])
        {
            IsCharted = false,
        },
    ];

    private IEnumerable<Candidate> GetCandidates(string name, Command command) =>
    [
        new($"{name}, flooded", () => Measure(command, isFlooded: true)),
        new($"{name}, alone", () => Measure(command, isFlooded: false)),
    ];

    private Sample Measure(Command command, bool isFlooded)
    {
        var path = Context.TempDirectory.NewSocketPath();
        using var server = ChildProcess.Start(command, Placement.Best.ServerCpu, path);
        server.WaitForLine("ready");
        using var flood = isFlooded ? ChildProcess.Start(C("flood"), Placement.Best.ClientCpu, path) : null;
        flood?.WaitForLine("flooding");
        return EchoLoad.Measure(Context, server, command, path, Placement.Best, 1).WithFigure(EchoLoad.P99);
    }
}
