using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>Small messages one way, as many as go: what framing costs on top of the bytes.</summary>
internal sealed class FramedRow(Lab lab) : Row(lab)
{
    private const string Reference = "C, 64 KiB buffers";
    private const string Pipelines = "System.Net.Sockets, PipeWriter";
    private const string ZeroMq = "ZeroMQ, PUSH/PULL";
    private const string Nng = "nng, PUSH/PULL";
    private const string Framing = "Samehost, framing";

    public override string Question => "framed messages of 64 B one way between two processes";

    public override IEnumerable<Comparison> Comparisons => Placement.Pinned.Select(On);

    protected override IEnumerable<string?> Absent => [WhyAbsent(ZeroMq, "zmq_frames"), WhyAbsent(Nng, "nng_frames")];

    private Comparison On(Placement placement)
    {
        Contestant[] contestants =
        [
            new(Reference, () => OfC("framed", placement)),
            .. IfThere(ZeroMq, "zmq_frames", () => OfC("zmq_frames", placement)),
            .. IfThere(Nng, "nng_frames", () => OfC("nng_frames", placement)),
            new(Pipelines, () => OfRoles("pipes", placement)),
            new(Framing, () => OfRoles("samehost", placement)),
        ];
        Goal[] goals = [Goal.AtLeast(0.9, Framing, Reference), Goal.AtLeast(3, Framing, Pipelines), Goal.AtLeast(10, Framing, ZeroMq)];
        return new(placement.Name, "messages per second", contestants, Among(contestants, goals));
    }

    private Sample OfC(string program, Placement placement) => Lab.OneWay(placement, C(program, "receive"), C(program, "send"));

    private Sample OfRoles(string role, Placement placement) =>
        Lab.OneWay(placement, Command.Role($"frames-receive-{role}"), Command.Role($"frames-send-{role}"));
}
