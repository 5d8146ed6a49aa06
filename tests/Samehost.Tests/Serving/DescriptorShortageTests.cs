using System.Globalization;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>A server in a process with room for few descriptors.</summary>
public sealed class DescriptorShortageTests : IDisposable
{
    private const int Clients = 200;

    private readonly TestDirectory _directory = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task A_server_without_free_descriptors_serves_its_clients_without_using_the_processor_and_recovers_within_a_second()
    {
        await using var server = PeerProcess.StartWithDescriptors(96, "serve", _directory["server.sock"]);
        await server.ExpectAsync("ready");
        var waiting = new Dictionary<EchoClient, Task<string>>();
        var served = new Queue<EchoClient>();
        for (var i = 0; i < Clients; i++)
        {
            var client = EchoClient.Connect(Path);
            await client.SendAsync("x");
            waiting.Add(client, client.ReceiveAsync(1, TimeSpan.FromMinutes(1)));
        }

        var atOnce = await DelayedAsync(server);
        await TakeServedAsync(atOnce, TimeSpan.FromSeconds(10));
        var share = await ProcessorTime.ShareAsync(server.Id, TimeSpan.FromSeconds(2));
        if (share >= 0.05) // the rush before may have left the runtime something to compile
            share = await ProcessorTime.ShareAsync(server.Id, TimeSpan.FromSeconds(2));
        Assert.True(share < 0.05, $"Out of descriptors the server uses {share:P1} of a processor.");
        // One that was free for a moment when the first was reported, as when a thread starts, has let in one more by now; not many.
        server.Send("count");
        var inAll = Number((await server.ReadLineAsync())!.Split(' ')[1]);
        Assert.InRange(inAll, atOnce, atOnce + 6);
        await TakeServedAsync(inAll - served.Count, TimeSpan.FromSeconds(10));
        Assert.All(waiting.Values, task => Assert.False(task.IsCompleted));
        foreach (var client in served)
            await client.ExpectAnswerAsync();

        while (waiting.Count > 0)
        {
            // As many as leave are replaced, each time within a second.
            var leaving = served.Count;
            while (served.TryDequeue(out var client))
                client.Dispose();
            await TakeServedAsync(Math.Min(leaving, waiting.Count), TimeSpan.FromSeconds(1));
        }
        foreach (var client in served)
        {
            await client.ExpectAnswerAsync();
            client.Dispose();
        }

        server.Send("delays");
        var delays = (await server.ReadLineAsync())!.Split(' ');
        Assert.InRange(Number(delays[2]), 990, int.MaxValue); // the shortest time between two reports, in ms
        Assert.Equal("drained True", await EndAsync(server));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{atOnce} served at once; {share:P1} of a processor; {delays[1]} reports, {delays[2]} ms apart or more");

        async Task TakeServedAsync(int count, TimeSpan within)
        {
            await Eventually.IsTrueAsync(() => waiting.Values.Count(task => task.IsCompleted) >= count, within: within);
            foreach (var (client, answer) in waiting.Where(pair => pair.Value.IsCompleted).ToArray())
            {
                Assert.Equal("x", await answer);
                waiting.Remove(client);
                served.Enqueue(client);
            }
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_without_descriptors_for_the_runtime_fails_to_start()
    {
        await using var server = PeerProcess.StartWithDescriptors(66, "serve", _directory["server.sock"]);
        Assert.StartsWith("failed EMFILE accept failed: ", await server.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Matches("^Only [0-9]+ of the 66 descriptors .* a server needs 32: ", await server.ReadLineAsync());
        Assert.Equal(1, await server.FinishAsync());
        Assert.False(File.Exists(_directory["server.sock"]));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_limit_that_is_lowered_while_the_server_runs_delays_clients_only()
    {
        await using var server = PeerProcess.Start("serve", _directory["server.sock"]);
        await server.ExpectAsync("ready");
        using var early = EchoClient.Connect(Path);
        await early.ExpectAnswerAsync();

        // Below what is open already, so that accept(2) itself fails with EMFILE.
        Limit(server, 8);
        using var late = EchoClient.Connect(Path);
        await late.SendAsync("x");
        var answer = late.ReceiveAsync(1);
        Assert.Equal(0, await DelayedAsync(server, served: false));
        await early.ExpectAnswerAsync();
        Assert.False(answer.IsCompleted);

        Limit(server, 256);
        Assert.Equal("x", await answer.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        await early.ExpectAnswerAsync();
    }

    private static void Limit(PeerProcess process, int descriptors) =>
        Command.Run("prlimit", "--pid", $"{process.Id}", $"--nofile={descriptors}:");

    /// <summary>Waits until the server reports the shortage; returns how many connections it serves.</summary>
    private static async Task<int> DelayedAsync(PeerProcess server, bool served = true)
    {
        while (true)
        {
            server.Send("delays");
            if (await server.ReadLineAsync() is { } line && line.StartsWith("delays 0 ", StringComparison.Ordinal))
                continue;
            if (!served)
                return 0;
            server.Send("count");
            return Number((await server.ReadLineAsync())!.Split(' ')[1]);
        }
    }

    private static async Task<string?> EndAsync(PeerProcess server)
    {
        Assert.Equal(0, await server.FinishAsync());
        return await server.ReadLineAsync();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
