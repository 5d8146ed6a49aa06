using Samehost.Measuring;

namespace Samehost.Tool.Bench;

/// <summary>Measures transports in alternating order, with one worker process, on the calling thread.</summary>
internal sealed class Comparison(BenchSettings settings, WorkerProcess worker, Action<string> progress, CancellationToken cancellationToken)
{
    /// <summary>How long to wait for an answer.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(100);

    /// <summary>Creates a measurement between our own two processes.</summary>
    /// <param name="transport">The transport.</param>
    /// <param name="flows">Whether to measure throughput as well as round trips.</param>
    public (string Name, Func<TimeSpan, RunResult> Measure) Of(Transport transport, bool flows) =>
        (transport.Name, time => Result(Trips(transport, time), flows ? Flow(transport, time) : null));

    /// <summary>Creates a measurement of a foreign server.</summary>
    public (string Name, Func<TimeSpan, RunResult> Measure) Of(EchoServer server) => ("the server", time => Measure(server, time));

    public IReadOnlyList<TransportResult> Run(IReadOnlyList<(string Name, Func<TimeSpan, RunResult> Measure)> transports)
    {
        foreach (var (name, measure) in transports)
        {
            progress($"warming up: {name}");
            measure(Warmup);
        }
        var results = AlternatingRounds.Run(
            transports, settings.Rounds, transport => MeasureOnce(transport.Measure),
            (round, transport) => progress($"round {round} of {settings.Rounds}: {transport.Name}"));
        return [.. transports.Zip(results, (transport, runs) => new TransportResult(transport.Name, runs))];
    }

    private RunResult MeasureOnce(Func<TimeSpan, RunResult> measure)
    {
        var result = measure(settings.Time);
        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    private RoundTripRun Trips(Transport transport, TimeSpan time)
    {
        var task = transport.IsLibrary ? WorkerTask.EchoByLibrary : WorkerTask.Echo;
        using var channel = OpenChannel(transport, task, settings.Size);
        var measuring = new RoundTripRun(EchoServer.CreateMessage(settings.Size), time, cancellationToken);
        return transport.IsLibrary ? MeasureStream(channel, measuring.MeasureAsync) : measuring.Measure(channel);
    }

    private ThroughputRun Flow(Transport transport, TimeSpan time)
    {
        var task = transport.IsLibrary ? WorkerTask.SendByLibrary : WorkerTask.Send;
        using var channel = OpenChannel(transport, task, BenchSettings.ThroughputMessageSize);
        var measuring = new ThroughputRun(BenchSettings.ThroughputMessageSize, time, cancellationToken);
        return transport.IsLibrary ? MeasureStream(channel, measuring.MeasureAsync) : measuring.Measure(channel);
    }

    private RunResult Measure(EchoServer server, TimeSpan time)
    {
        using var channel = server.Connect();
        var measuring = new RoundTripRun(EchoServer.CreateMessage(settings.Size), time, cancellationToken) { Server = "the server" };
        return Result(measuring.Measure(channel), null);
    }

    private static RunResult Result(RoundTripRun trips, ThroughputRun? flow) => new(
        trips.Latencies.Percentile(0.5),
        trips.Latencies.Percentile(0.99),
        trips.Latencies.Percentile(0.999),
        trips.Rate,
        flow?.BytesPerSecond ?? 0,
        flow?.LostShare ?? 0);

    private BlockingChannel OpenChannel(Transport transport, WorkerTask task, int size)
    {
        var (client, workerEnd) = transport.Open();
        if (transport.IsLossy)
            EchoServer.SetReadTimeout(client);
        worker.Assign(workerEnd, task, size);
        return client;
    }

    private static T MeasureStream<T>(BlockingChannel channel, Func<UnixStream, Task<T>> measure)
    {
        using var stream = UnixStream.FromDescriptor(channel.Handle);
        return measure(stream).GetAwaiter().GetResult();
    }
}

/// <summary>The results of all rounds of one transport, in order.</summary>
internal sealed record TransportResult(string Name, IReadOnlyList<RunResult> Runs)
{
    public Spread Of(Func<RunResult, double> figure) => Spread.Of(Runs.Select(figure));

    /// <summary>The ratio to the reference: the ratio of the medians, and the lowest and highest ratio of a round.</summary>
    public Spread Against(TransportResult reference, Func<RunResult, double> better)
    {
        var rounds = Spread.OfRatios(Runs.Select(better), reference.Runs.Select(better));
        return rounds with { Median = Of(better).Median / reference.Of(better).Median };
    }
}

/// <summary>One measurement of a transport: round trips in ns, and throughput in bytes a second.</summary>
internal readonly record struct RunResult(
    double P50, double P99, double P999, double RoundTripsPerSecond, double BytesPerSecond, double LostShare);
