using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Small datagrams one way, as many as go: what a call costs, and what gathering many in one saves.</summary>
internal sealed class DatagramRow(Lab lab) : Row(lab)
{
    private const string BatchesOfC = "C, sendmmsg and recvmmsg";
    private const string PlainC = "C, send and recv";
    private const string Sockets = "System.Net.Sockets, ReceiveFromAsync";
    private const string Plain = "Samehost, one by one";
    private const string Batches = "Samehost, batches";

    public override string Question => "datagrams of 64 B one way between two processes";

    public override IEnumerable<Comparison> Comparisons => Placement.Pinned.Select(On);

    private Comparison On(Placement placement) => new(
        placement.Name,
        "datagrams per second",
        [
            new(PlainC, () => Lab.OneWay(placement, C("datagrams", "receive-each"), C("datagrams", "send-each"))),
            new(BatchesOfC, () => Lab.OneWay(placement, C("datagrams", "receive"), C("datagrams", "send"))),
            new(Sockets, () => OfRoles("sockets", placement)),
            new(Plain, () => OfRoles("each", placement)),
            new(Batches, () => OfRoles("batches", placement)),
        ],
        [Goal.AtLeast(1, Plain, PlainC), Goal.AtLeast(1, Batches, BatchesOfC), Goal.AtLeast(5, Plain, Sockets)]);

    private Sample OfRoles(string role, Placement placement) =>
        Lab.OneWay(placement, Command.Role($"datagrams-receive-{role}"), Command.Role($"datagrams-send-{role}"));
}
