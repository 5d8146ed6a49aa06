using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>64 bytes there and back between two processes, one message under way at a time: what a wake-up costs.</summary>
internal sealed class RoundTripRow(Lab lab) : Row(lab)
{
    private const string Blocking = "C, blocking";
    private const string SocketsAsync = "System.Net.Sockets, async";
    private const string SamehostSync = "Samehost, sync";
    private const string SamehostAsync = "Samehost, async";

    public override string Question => "64 B there and back between two processes";

    public override IEnumerable<Comparison> Comparisons => Placement.Pinned.Select(On);

    private static Goal[] Goals(Placement placement) => placement == Placement.OneCpu
        ? [Goal.NoMoreThan(1.10, SamehostAsync, Blocking), Goal.NoMoreThan(1.05, SamehostSync, Blocking)]
        :
        [
            Goal.NoMoreThan(0.10, SamehostAsync, Blocking),
            Goal.NoMoreThan(0.20, SamehostAsync, SocketsAsync),
            Goal.NoMoreThan(0.08, SamehostSync, Blocking),
        ];

    private Comparison On(Placement placement) => new(
        placement.Name,
        "ns per round trip",
        [
            OfReference(Blocking, "blocking", placement),
            OfReference("C, polling", "polling", placement),
            OfRoles("System.Net.Sockets, sync", "sockets-sync", placement),
            OfRoles(SocketsAsync, "sockets-async", placement),
            OfRoles(SamehostSync, "samehost-sync", placement),
            OfRoles(SamehostAsync, "samehost-async", placement),
        ],
        Goals(placement));

    private Contestant OfReference(string name, string mode, Placement placement) =>
        new(name, () => Measure(C("pingpong", "server", mode), C("pingpong", "client", mode), placement));

    private Contestant OfRoles(string name, string role, Placement placement) => new(name, () => Measure(
        Command.Role($"pingpong-server-{role}"), Command.Role($"pingpong-client-{role}"), placement));

    private Sample Measure(Command server, Command client, Placement placement)
    {
        ResultLine result = Lab.ThereAndBack(placement, server, client);
        return new(result["nanoseconds"] / result["roundtrips"], new Dictionary<string, double>());
    }
}
