using Samehost.Measuring;

namespace Samehost.Tool.Bench;

/// <summary>Runs contestants by turns, with the one worker, on the calling thread.</summary>
internal sealed class Comparison(BenchSettings settings, WorkerProcess worker, Action<string> progress, CancellationToken stop)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(100);

    /// <summary>Between our own two processes.</summary>
    /// <param name="transport">Through what.</param>
    /// <param name="flows">Measure a flow as well as round trips.</param>
    public (string Name, Func<TimeSpan, RunResult> Measure) Of(Transport transport, bool flows) =>
        (transport.Name, time => Result(Trips(transport, time), flows ? Flow(transport, time) : null));

    /// <summary>A server that somebody else runs.</summary>
    public (string Name, Func<TimeSpan, RunResult> Measure) Of(EchoServer server) => ("the server", time => Measure(server, time));

    public IReadOnlyList<TransportResult> Run(IReadOnlyList<(string Name, Func<TimeSpan, RunResult> Measure)> contestants)
    {
        var runs = contestants.ToDictionary(c => c.Name, _ => new List<RunResult>());
        foreach ((string name, Func<TimeSpan, RunResult> measure) in contestants)
        {
            progress($"warming up: {name}");
            measure(Warmup);
        }
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach ((string name, Func<TimeSpan, RunResult> measure) in Turns.Of(round, contestants))
            {
                progress($"round {round + 1} of {settings.Rounds}: {name}");
                runs[name].Add(measure(settings.Time));
                stop.ThrowIfCancellationRequested();
            }
        }
        return [.. contestants.Select(c => new TransportResult(c.Name, runs[c.Name]))];
    }

    private RoundTripRun Trips(Transport transport, TimeSpan time)
    {
        using BlockingChannel channel = Give(transport, transport.IsLibrary ? WorkerTask.EchoByLibrary : WorkerTask.Echo, settings.Size);
        var measuring = new RoundTripRun(EchoServer.Message(settings.Size), time, stop);
        return transport.IsLibrary ? ByLibrary(channel, measuring.ThroughAsync) : measuring.Through(channel);
    }

    private ThroughputRun Flow(Transport transport, TimeSpan time)
    {
        using BlockingChannel channel = Give(transport, transport.IsLibrary ? WorkerTask.SendByLibrary : WorkerTask.Send, BenchSettings.FlowSize);
        var measuring = new ThroughputRun(BenchSettings.FlowSize, time, stop);
        return transport.IsLibrary ? ByLibrary(channel, measuring.ThroughAsync) : measuring.Through(channel);
    }

    private RunResult Measure(EchoServer server, TimeSpan time)
    {
        using BlockingChannel channel = server.Connect();
        return Result(new RoundTripRun(EchoServer.Message(settings.Size), time, stop) { Server = "the server" }.Through(channel), null);
    }

    private static RunResult Result(RoundTripRun trips, ThroughputRun? flow) => new(
        trips.Latencies.Percentile(0.5),
        trips.Latencies.Percentile(0.99),
        trips.Latencies.Percentile(0.999),
        trips.Rate,
        flow?.BytesPerSecond ?? 0,
        flow?.LostShare ?? 0);

    private BlockingChannel Give(Transport transport, WorkerTask task, int size)
    {
        (BlockingChannel ours, BlockingChannel theirs) = transport.Open();
        if (transport.IsLossy)
            EchoServer.LimitReads(ours);
        worker.Give(theirs, task, size);
        return ours;
    }

    private static T ByLibrary<T>(BlockingChannel channel, Func<UnixStream, Task<T>> measure)
    {
        using UnixStream stream = UnixStream.FromDescriptor(channel.Handle);
        return measure(stream).GetAwaiter().GetResult();
    }
}

/// <summary>All runs of one contestant, in the order of the rounds.</summary>
internal sealed record TransportResult(string Name, IReadOnlyList<RunResult> Runs)
{
    public Spread Of(Func<RunResult, double> figure) => Spread.Of(Runs.Select(figure));

    /// <summary>How many times as good as the reference: the ratio of the medians, and those of the single rounds.</summary>
    public Spread Against(TransportResult reference, Func<RunResult, double> better)
    {
        var rounds = Spread.Of(Runs.Zip(reference.Runs, (one, other) => better(one) / better(other)));
        return rounds with { Median = Of(better).Median / reference.Of(better).Median };
    }
}

/// <summary>One measurement of one transport: round trips, then a flow of larger messages. The units are ns and bytes a second.</summary>
internal readonly record struct RunResult(
    double P50, double P99, double P999, double RoundTripsPerSecond, double BytesPerSecond, double LostShare);
