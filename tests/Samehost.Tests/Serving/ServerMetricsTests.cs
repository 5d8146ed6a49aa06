using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class ServerMetricsTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly ConcurrentDictionary<string, long> _sums = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Connections_refusals_and_failures_are_counted_for_each_server()
    {
        using var listener = Listen(Count);
        await using var other = UnixServer.Start(UnixEndPoint.FromPath(_directory["other.sock"]), EchoClient.ServeAsync);
        using var elsewhere = EchoClient.Connect(other.LocalEndPoint);
        await elsewhere.ExpectAnswerAsync();

        await using var server = UnixServer.Start(Path, ServeAsync, new UnixServerOptions { MaxConnectionsPerUser = 2 });
        using var staying = EchoClient.Connect(Path);
        await staying.ExpectAnswerAsync("s");
        using (var failing = EchoClient.Connect(Path))
        {
            await staying.ExpectAnswerAsync("s");
            using var refused = EchoClient.Connect(Path);
            await refused.ExpectClosedAsync();
            await failing.SendAsync("f");
            await failing.ExpectClosedAsync();
        }
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        listener.RecordObservableInstruments();
        Assert.Equal(1, Sum("refused_connections"));
        Assert.Equal(2, Sum("accepted_connections"));
        Assert.Equal(1, Sum("active_connections"));
        Assert.Equal(1, Sum("failed_handlers"));
        Assert.Equal(0, Sum("delayed_accepts"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Active_connections_are_right_for_a_listener_that_attaches_late()
    {
        await using var server = UnixServer.Start(Path, ServeAsync);
        EchoClient[] clients = [EchoClient.Connect(Path), EchoClient.Connect(Path), EchoClient.Connect(Path), EchoClient.Connect(Path)];
        foreach (var client in clients)
            await client.ExpectAnswerAsync("s");
        using var listener = Listen(Count);
        foreach (var client in clients[1..])
            client.Dispose();
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        listener.RecordObservableInstruments();
        Assert.Equal(1, Sum("active_connections"));
        clients[0].Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_listener_runs_on_no_thread_of_a_server()
    {
        using var listener = Listen((_, _) => throw new InvalidOperationException("on purpose"));
        await using var server = UnixServer.Start(Path, ServeAsync, new UnixServerOptions { MaxConnections = 1 });
        for (var i = 0; i < 3; i++)
        {
            using var client = EchoClient.Connect(Path);
            await client.ExpectAnswerAsync("s");
        }
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 0);
        Assert.Throws<AggregateException>(listener.RecordObservableInstruments);
    }

    private static async Task ServeAsync(UnixStream stream, CancellationToken stopping)
    {
        var buffer = new byte[1];
        while (await stream.ReadAsync(buffer, stopping) == 1)
        {
            if (buffer[0] == 'f')
                throw new InvalidOperationException("on purpose");
            await stream.WriteAsync(buffer, stopping);
        }
    }

    private long Sum(string name) => _sums.GetValueOrDefault("samehost.server." + name);

    private void Count(Instrument instrument, long sum) => _sums[instrument.Name] = sum;

    /// <summary>Listens to the measurements of this test's server.</summary>
    private MeterListener Listen(Action<Instrument, long> receive)
    {
        var address = Path.ToString();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Samehost")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, change, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "server.address", Value: string value } && value == address)
                    receive(instrument, change);
            }
        });
        listener.Start();
        return listener;
    }
}
