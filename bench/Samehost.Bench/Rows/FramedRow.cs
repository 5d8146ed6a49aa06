using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Small messages one way, as many as go: what framing costs on top of the bytes.</summary>
internal sealed class FramedRow(Workspace workspace, ReferencePrograms references, Settings settings) : IRow
{
    private const string Reference = "C, 64 KiB buffers";
    private const string Framing = "Samehost, framing";

    public string Name => "framed";

    public string Question => "framed messages of 64 B one way between two processes";

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
        "messages per second",
        [
            new(Reference, () => Measure(references.Command("framed", "receive"), references.Command("framed", "send"), placement)),
            new("System.Net.Sockets, pipelines", () => Measure(
                Command.Role("frames-receive-pipes"), Command.Role("frames-send-pipes"), placement)),
            new(Framing, () => Measure(Command.Role("frames-receive-samehost"), Command.Role("frames-send-samehost"), placement)),
        ],
        [Goal.AtLeast(0.8, Framing, Reference)]);

    private Sample Measure(Command receive, Command send, Placement placement) =>
        OneWay.Measure(workspace, settings, placement, receive, send);
}
