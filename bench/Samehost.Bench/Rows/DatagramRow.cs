using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Small datagrams one way, as many as go: what a call costs, and what gathering many in one saves.</summary>
internal sealed class DatagramRow(Workspace workspace, ReferencePrograms references, Settings settings) : IRow
{
    private const string Reference = "C, sendmmsg and recvmmsg";
    private const string Batches = "Samehost, batches";

    public string Name => "datagrams";

    public string Question => "datagrams of 64 B one way between two processes";

    public IEnumerable<string> NotPossible => Placement.TwoCpus is null ? ["two CPUs: this process may use only one"] : [];

    public IEnumerable<Comparison> Comparisons
    {
        get
        {
            if (Placement.TwoCpus is { } twoCpus)
                yield return On(twoCpus);
            yield return On(Placement.OneCpu);
        }
    }

    private Comparison On(Placement placement) => new(
        placement.Name,
        "datagrams per second",
        [
            new(Reference, () => Measure(placement, references.Command("datagrams", "receive"), references.Command("datagrams", "send"))),
            new("C, send and recv", () => Measure(
                placement, references.Command("datagrams", "receive-each"), references.Command("datagrams", "send-each"))),
            new("System.Net.Sockets, async", () => Measure(
                placement, Command.Role("datagrams-receive-sockets"), Command.Role("datagrams-send-sockets"))),
            new("Samehost, one by one", () => Measure(
                placement, Command.Role("datagrams-receive-each"), Command.Role("datagrams-send-each"))),
            new(Batches, () => Measure(
                placement, Command.Role("datagrams-receive-batches"), Command.Role("datagrams-send-batches"))),
        ],
        [Goal.AtLeast(0.9, Batches, Reference)]);

    private Sample Measure(Placement placement, Command receive, Command send) =>
        OneWay.Measure(workspace, settings, placement, receive, send);
}
