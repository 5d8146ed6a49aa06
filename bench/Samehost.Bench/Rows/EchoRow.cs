using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Many connections that each ask, wait for the answer and ask again: what a server costs per request.</summary>
internal sealed class EchoRow(Workspace workspace, ReferencePrograms references, Settings settings) : IRow
{
    private const string Epoll = "C, epoll";
    private const string SocketsAsync = "System.Net.Sockets, async";
    private const string SamehostAsync = "Samehost, async";

    public string Name => "echo";

    public string Question => "echo of 64 B to one C load generator";

    public IEnumerable<string> NotPossible => Placement.TwoCpus is null ? ["two CPUs: this process may use only one"] : [];

    public IEnumerable<Comparison> Comparisons =>
        from connections in settings.Connections
        from placement in new[] { Placement.TwoCpus, Placement.Unpinned }
        where placement is not null
        select On(placement, connections);

    private Comparison On(Placement placement, int connections) => new(
        $"{connections} connection{(connections == 1 ? "" : "s")}, {placement.Name}",
        "requests per second",
        [
            new(Epoll, () => Measure(references.Command("echo_server"), placement, connections)),
            new(SocketsAsync, () => Measure(Command.Role("echo-server-sockets-async"), placement, connections)),
            new(SamehostAsync, () => Measure(Command.Role("echo-server-samehost-async"), placement, connections)),
        ],
        [Goal.AtLeast(0.9, SamehostAsync, Epoll), Goal.AtLeast(2.0, SamehostAsync, SocketsAsync)]);

    private Sample Measure(Command serverCommand, Placement placement, int connections)
    {
        string path = workspace.NewSocketPath();
        using var server = ChildProcess.Start(serverCommand, placement.ServerCpu, path);
        server.WaitForLine("ready");
        using var load = ChildProcess.Start(
            references.Command("echo_load"),
            placement.ClientCpu,
            path,
            $"{connections}",
            $"{settings.WarmupSeconds}",
            $"{settings.Seconds}");
        load.WaitForLine("measuring");
        TimeSpan before = server.CpuTime;
        var result = new ResultLine(load.WaitForLine(ResultLine.Start));
        TimeSpan used = server.CpuTime - before;
        return new(result["requests"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
        {
            ["server CPU µs/request"] = used.TotalMicroseconds / result["requests"],
            ["p50 µs"] = result["p50"] / 1000,
            ["p99 µs"] = result["p99"] / 1000,
            ["p99.9 µs"] = result["p999"] / 1000,
        });
    }
}
