using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>64 bytes there and back between two processes, one message under way at a time: what a wake-up costs.</summary>
internal sealed class RoundTripRow(Workspace workspace, ReferencePrograms references, Settings settings) : IRow
{
    private const string Blocking = "C, blocking";
    private const string SamehostAsync = "Samehost, async";

    public string Name => "roundtrip";

    public string Question => "64 B there and back between two processes";

    public IEnumerable<string> NotPossible => Placement.TwoCpus is null ? ["two CPUs: this process may use only one"] : [];

    public IEnumerable<Comparison> Comparisons
    {
        get
        {
            if (Placement.TwoCpus is { } twoCpus)
                yield return On(twoCpus, 0.15);
            yield return On(Placement.OneCpu, 1.15);
        }
    }

    private Comparison On(Placement placement, double bound) => new(
        placement.Name,
        "ns per round trip",
        [
            OfReference(Blocking, "blocking", placement),
            OfReference("C, polling", "polling", placement),
            OfRoles("System.Net.Sockets, sync", "sockets-sync", placement),
            OfRoles("System.Net.Sockets, async", "sockets-async", placement),
            OfRoles("Samehost, sync", "samehost-sync", placement),
            OfRoles(SamehostAsync, "samehost-async", placement),
        ],
        [Goal.NoMoreThan(bound, SamehostAsync, Blocking)]);

    private Contestant OfReference(string name, string mode, Placement placement) => new(name, () => Measure(
        references.Command("pingpong", "server", mode),
        references.Command("pingpong", "client", mode),
        placement));

    private Contestant OfRoles(string name, string role, Placement placement) => new(name, () => Measure(
        Command.Role($"pingpong-server-{role}"),
        Command.Role($"pingpong-client-{role}"),
        placement));

    private Sample Measure(Command serverCommand, Command clientCommand, Placement placement)
    {
        string path = workspace.NewSocketPath();
        using var server = ChildProcess.Start(serverCommand, placement.ServerCpu, path);
        server.WaitForLine("ready");
        using var client = ChildProcess.Start(
            clientCommand, placement.ClientCpu, path, $"{settings.WarmupSeconds}", $"{settings.Seconds}");
        var result = new ResultLine(client.WaitForLine(ResultLine.Start));
        return new(result["nanoseconds"] / result["roundtrips"], new Dictionary<string, double>());
    }
}
