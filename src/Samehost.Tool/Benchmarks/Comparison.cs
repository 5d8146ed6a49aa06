using Samehost.Measuring;

namespace Samehost.Tool.Benchmarks;

/// <summary>Runs contestants by turns, with the one opponent, on the calling thread.</summary>
internal sealed class Comparison(BenchSettings settings, Opponent opponent, Action<string> progress, CancellationToken stop)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(100);

    /// <summary>Between our own two processes.</summary>
    /// <param name="transport">Through what.</param>
    /// <param name="flows">Measure a flow as well as round trips.</param>
    public (string Name, Func<TimeSpan, Run> Measure) Of(Transport transport, bool flows) =>
        (transport.Name, time => Result(Trips(transport, time), flows ? Flow(transport, time) : null));

    /// <summary>A server that somebody else runs.</summary>
    public (string Name, Func<TimeSpan, Run> Measure) Of(EchoServer server) => ("the server", time => Measure(server, time));

    public IReadOnlyList<Outcome> Run(IReadOnlyList<(string Name, Func<TimeSpan, Run> Measure)> contestants)
    {
        var runs = contestants.ToDictionary(c => c.Name, _ => new List<Run>());
        foreach ((string name, Func<TimeSpan, Run> measure) in contestants)
        {
            progress($"warming up: {name}");
            measure(Warmup);
        }
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach ((string name, Func<TimeSpan, Run> measure) in Turns.Of(round, contestants))
            {
                progress($"round {round + 1} of {settings.Rounds}: {name}");
                runs[name].Add(measure(settings.Time));
                stop.ThrowIfCancellationRequested();
            }
        }
        return [.. contestants.Select(c => new Outcome(c.Name, runs[c.Name]))];
    }

    private RoundTrips Trips(Transport transport, TimeSpan time)
    {
        using End end = Give(transport, transport.IsLibrary ? Work.EchoByLibrary : Work.Echo, settings.Size);
        var measuring = new RoundTrips(EchoServer.Message(settings.Size), time, stop);
        return transport.IsLibrary ? ByLibrary(end, measuring.ThroughAsync) : measuring.Through(end);
    }

    private Flow Flow(Transport transport, TimeSpan time)
    {
        using End end = Give(transport, transport.IsLibrary ? Work.SendByLibrary : Work.Send, BenchSettings.FlowSize);
        var measuring = new Flow(BenchSettings.FlowSize, time, stop);
        return transport.IsLibrary ? ByLibrary(end, measuring.ThroughAsync) : measuring.Through(end);
    }

    private Run Measure(EchoServer server, TimeSpan time)
    {
        using End end = server.Connect();
        return Result(new RoundTrips(EchoServer.Message(settings.Size), time, stop) { Server = "the server" }.Through(end), null);
    }

    private static Run Result(RoundTrips trips, Flow? flow) => new(
        trips.Latencies.Percentile(0.5),
        trips.Latencies.Percentile(0.99),
        trips.Latencies.Percentile(0.999),
        trips.Rate,
        flow?.BytesPerSecond ?? 0,
        flow?.LostShare ?? 0);

    private End Give(Transport transport, Work work, int size)
    {
        (End ours, End theirs) = transport.Open();
        if (transport.IsLossy)
            EchoServer.LimitReads(ours);
        opponent.Give(theirs, work, size);
        return ours;
    }

    private static T ByLibrary<T>(End end, Func<UnixStream, Task<T>> measure)
    {
        using UnixStream stream = UnixStream.FromDescriptor(end.Handle);
        return measure(stream).GetAwaiter().GetResult();
    }
}
