using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures framed messages in one direction, which is the cost of framing.</summary>
internal sealed class FramedBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const string Reference = "C, 64 KiB buffers";
    private const string Pipelines = "System.Net.Sockets, PipeWriter";
    private const string ZeroMq = "ZeroMQ, PUSH/PULL";
    private const string Nng = "nng, PUSH/PULL";
    private const string Framing = "Samehost, framing";

    public override string Question => "framed messages of 64 B one way between two processes";

    public override IEnumerable<Comparison> Comparisons => Placement.Pinned.Select(Compare);

    protected override IEnumerable<string?> Missing => [GetMissingReason(ZeroMq, "zmq_frames"), GetMissingReason(Nng, "nng_frames")];

    private Comparison Compare(Placement placement)
    {
        Candidate[] candidates =
        [
            new(Reference, () => MeasureC("framed", placement)),
            .. IfAvailable(ZeroMq, "zmq_frames", () => MeasureC("zmq_frames", placement)),
            .. IfAvailable(Nng, "nng_frames", () => MeasureC("nng_frames", placement)),
            new(Pipelines, () => CreateCandidate("pipes", placement)),
            new(Framing, () => CreateCandidate("samehost", placement)),
        ];
        Target[] targets =
        [
            Target.AtLeast(0.9, Framing, Reference), Target.AtLeast(3, Framing, Pipelines), Target.AtLeast(10, Framing, ZeroMq),
        ];
        return new(placement.Name, "messages per second", candidates, SelectTargets(candidates, targets));
    }

    private Sample MeasureC(string program, Placement placement) =>
        Context.MeasureOneWay(placement, C(program, "receive"), C(program, "send"));

    private Sample CreateCandidate(string worker, Placement placement) =>
        Context.MeasureOneWay(placement, Command.Worker($"frames-receive-{worker}"), Command.Worker($"frames-send-{worker}"));
}

/// <summary>Measures bytes in one direction in large writes, which is the cost of copying through the kernel.</summary>
internal sealed class BulkBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const string Plain = "C, default buffers";
    private const string Tuned = "C, tuned";
    private const string Sockets = "System.Net.Sockets, async";
    private const string Samehost = "Samehost, async";

    public override string Question => "bytes one way between two processes";

    public override IEnumerable<Comparison> Comparisons => [Compare(64, Placement.Best), Compare(256, Placement.Best)];

    private Comparison Compare(int kibibytes, Placement placement) => new(
        $"writes of {kibibytes} KiB, {placement.Name}",
        "MiB/s",
        [
            new(Plain, () => MeasureC(placement, kibibytes, "")),
            new(Tuned, () => MeasureC(placement, kibibytes, "-tuned")),
            new(Sockets, () => CreateCandidate(placement, kibibytes, "sockets")),
            new(Samehost, () => CreateCandidate(placement, kibibytes, "samehost")),
        ],
        [Target.AtLeast(1.5, Samehost, Plain), Target.AtLeast(0.95, Samehost, Tuned), Target.AtLeast(2, Samehost, Sockets)]);

    private Sample MeasureC(Placement placement, int kibibytes, string kind) => Measure(
        placement, kibibytes, size => C("bulk", $"receive{kind}", size), size => C("bulk", $"send{kind}", size));

    private Sample CreateCandidate(Placement placement, int kibibytes, string worker) => Measure(
        placement, kibibytes, size => Command.Worker($"bulk-receive-{worker}", size), size => Command.Worker($"bulk-send-{worker}", size));

    private Sample Measure(Placement placement, int kibibytes, Func<string, Command> receive, Func<string, Command> send)
    {
        var size = $"{kibibytes * 1024}";
        var bytesPerSecond = Context.MeasureOneWay(placement, receive(size), send(size)).Figure;
        return new(bytesPerSecond / (1 << 20), new Dictionary<string, double>());
    }
}

/// <summary>Measures datagrams in one direction, one by one and in batches.</summary>
internal sealed class DatagramBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const string BatchesOfC = "C, sendmmsg and recvmmsg";
    private const string PlainC = "C, send and recv";
    private const string Sockets = "System.Net.Sockets, ReceiveFromAsync";
    private const string Blocking = "Samehost, one by one, blocking";
    private const string Plain = "Samehost, one by one, async";
    private const string Batches = "Samehost, batches";

    public override string Question => "datagrams of 64 B one way between two processes";

    public override IEnumerable<Comparison> Comparisons => Placement.Pinned.Select(Compare);

    private Comparison Compare(Placement placement) => new(
        placement.Name,
        "datagrams per second",
        [
            new(PlainC, () => Context.MeasureOneWay(placement, C("datagrams", "receive-each"), C("datagrams", "send-each"))),
            new(BatchesOfC, () => Context.MeasureOneWay(placement, C("datagrams", "receive"), C("datagrams", "send"))),
            new(Sockets, () => CreateCandidate("sockets", placement)),
            new(Blocking, () => CreateCandidate("blocking", placement)),
            new(Plain, () => CreateCandidate("each", placement)),
            new(Batches, () => CreateCandidate("batches", placement)),
        ],
        [
            Target.AtLeast(1, Blocking, PlainC),
            Target.AtLeast(1, Plain, PlainC),
            Target.AtLeast(1, Batches, BatchesOfC),
            Target.AtLeast(5, Plain, Sockets),
        ]);

    private Sample CreateCandidate(string worker, Placement placement) =>
        Context.MeasureOneWay(placement, Command.Worker($"datagrams-receive-{worker}"), Command.Worker($"datagrams-send-{worker}"));
}
