using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Connections that are made, accepted and closed, one after the other.</summary>
internal sealed class ConnectRow(Lab lab) : Row(lab)
{
    private const string Reference = "C, blocking";
    private const string Sockets = "System.Net.Sockets, async";
    private const string Sync = "Samehost, sync";
    private const string Async = "Samehost, async";

    public override string Question => "connect, accept and close between two processes";

    public override IEnumerable<Comparison> Comparisons => [On(Placement.Best)];

    private Comparison On(Placement placement) => new(
        placement.Name,
        "connections per second",
        [
            new(Reference, () => Measure(placement, C("connects", "server"), C("connects", "client"))),
            OfRoles(Sockets, "sockets-async", placement),
            OfRoles(Sync, "samehost-sync", placement),
            OfRoles(Async, "samehost-async", placement),
        ],
        [Goal.AtLeast(0.95, Sync, Reference), Goal.AtLeast(0.95, Async, Reference), Goal.AtLeast(1.5, Async, Sockets)]);

    private Contestant OfRoles(string name, string role, Placement placement) => new(name, () => Measure(
        placement, Command.Role($"connects-server-{role}"), Command.Role($"connects-client-{role}")));

    private Sample Measure(Placement placement, Command server, Command client)
    {
        ResultLine result = Lab.ThereAndBack(placement, server, client);
        return new(result["roundtrips"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>());
    }
}
