using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Many concurrent clients, some of them malicious.</summary>
public sealed class CrowdTests
{
    private const int Limit = 120_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_thousand_clients_with_incomplete_requests_do_not_delay_another()
    {
        await using var server = await WebServer.StartAsync(app => app.Run(http => http.Response.WriteAsync("good")));
        var slow = new List<RawClient>();
        for (var i = 0; i < 1000; i++)
        {
            slow.Add(server.Connect());
            await slow[i].SendAsync("GET / HTTP/1.1\r\nX-Slow: ");
        }

        using var client = server.NewClient();
        for (var i = 0; i < 100; i++)
        {
            await slow[i].SendAsync("a");
            Assert.Equal("good", await client.GetStringAsync("/", Token));
        }

        slow.ForEach(s => s.Dispose());
    }

    [Fact(Timeout = Limit)]
    public async Task Handlers_that_block_do_not_delay_others()
    {
        using var release = new ManualResetEventSlim();
        var blocked = 0;
        await using var server = await WebServer.StartAsync(app => app.Run(http =>
        {
            if (http.Request.Path == "/blocks")
            {
                Interlocked.Increment(ref blocked);
                release.Wait(CancellationToken.None);
            }

            return http.Response.WriteAsync("good");
        }));
        var stuck = Enumerable.Range(0, 8).Select(_ => server.Connect()).ToArray();
        // The first request of a connection runs on the thread pool, later ones block the event loop's thread.
        foreach (var client in stuck)
        {
            await client.SendAsync(RawClient.Get);
            await client.ReadUntilAsync("0\r\n\r\n");
            await client.SendAsync("GET /blocks HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }

        await Eventually.IsTrueAsync(() => Volatile.Read(ref blocked) == stuck.Length, "all handlers block");
        using var good = server.NewClient();
        for (var i = 0; i < 50; i++)
            Assert.Equal("good", await good.GetStringAsync("/", Token));
        release.Set();
        foreach (var client in stuck)
        {
            Assert.Contains("good", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
            client.Dispose();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Handlers_may_block_while_they_read_the_body_and_write_the_response()
    {
        const int Large = 3_000_000;
        var reading = 0;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            if (http.Request.ContentLength is not > 0)
            {
                await http.Response.WriteAsync("good");
                return;
            }

            Interlocked.Increment(ref reading);
#pragma warning disable xUnit1031 // blocking is what is tested
            http.Request.Body.CopyToAsync(Stream.Null).GetAwaiter().GetResult();
            http.Response.ContentLength = Large;
            http.Response.Body.WriteAsync(new byte[Large]).AsTask().GetAwaiter().GetResult();
#pragma warning restore xUnit1031
        }));
        var clients = Enumerable.Range(0, 4).Select(_ => server.Connect()).ToArray();
        foreach (var client in clients)
        {
            await client.SendAsync(RawClient.Get); // later requests run on the event loop
            await client.ReadUntilAsync("0\r\n\r\n");
            await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n");
        }

        await Eventually.IsTrueAsync(() => Volatile.Read(ref reading) == clients.Length, "all handlers wait for their bodies");
        foreach (var client in clients)
            await client.SendAsync("body");
        foreach (var client in clients)
        {
            await client.ReadUntilAsync("\r\n\r\n");
            client.Dispose();
        }

        using var good = server.NewClient();
        Assert.Equal("good", await good.GetStringAsync("/", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task One_user_has_at_most_the_configured_number_of_connections()
    {
        await using var server = await WebServer.StartAsync(
            app => app.Run(http => http.Response.WriteAsync("good")), l => l.MaxConnectionsPerUser = 2);
        using var first = server.Connect();
        using var second = server.Connect();
        await first.SendAsync(RawClient.Get);
        await first.ReadUntilAsync("0\r\n\r\n");
        await second.SendAsync(RawClient.Get);
        await second.ReadUntilAsync("0\r\n\r\n");

        using var third = server.Connect();
        Assert.Equal("", await third.ReadToEndAsync());
    }

    [Theory(Timeout = Limit)]
    [InlineData(256, 1)]
    [InlineData(256, 3)]
    [InlineData(1024, 1)]
    [InlineData(1024, 3)]
    public async Task A_server_without_descriptors_stays_idle_and_answers_within_a_second_after_some_are_free(
        int descriptors, int endpoints)
    {
        string[] paths = [.. Enumerable.Range(0, endpoints).Select(_ => Path.Join(Path.GetTempPath(), $"samehost-{Guid.NewGuid()}.sock"))];
        using var server = WebPeerProcess.StartWithDescriptors(descriptors, ["serve", .. paths]);
        Assert.Equal("ready", await server.ReadLineAsync());
        var waiting = new Dictionary<RawClient, Task<string>>();
        for (var i = 0; i < 3 * descriptors; i++)
        {
            var client = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(paths[i % endpoints]), null, Token));
            await client.SendAsync(RawClient.Get);
            waiting.Add(client, client.ReadUntilAsync("hello"));
        }

        await Eventually.IsTrueAsync(() => Answered() > descriptors / 16, "most of those for whom there is room are answered");
        var share = await ShareAsync(server.Id);
        if (share >= 0.1) // the runtime may still be compiling after the load
            share = await ShareAsync(server.Id);
        Assert.True(share < 0.1, $"Out of descriptors the server uses {share:P1} of a processor.");
        Assert.NotEqual(0, waiting.Values.Count(a => !a.IsCompleted));

        while (waiting.Count > 0)
        {
            var served = waiting.Where(w => w.Value.IsCompleted).ToArray();
            foreach (var (client, answer) in served)
            {
                Assert.Contains("hello", await answer, StringComparison.Ordinal);
                client.Dispose();
                waiting.Remove(client);
            }

            if (waiting.Count > 0)
                await Eventually.IsTrueAsync(() => Answered() > 0, "room is given to those who wait", seconds: 1);
        }

        Assert.Equal(0, await server.FinishAsync());

        int Answered() => waiting.Values.Count(a => a.IsCompletedSuccessfully);
    }

    /// <summary>The share of a processor that a process uses over two seconds.</summary>
    private static async Task<double> ShareAsync(int process)
    {
        var time = TimeSpan.FromSeconds(2);
        var before = System.Diagnostics.Process.GetProcessById(process).TotalProcessorTime;
        await Task.Delay(time, Token);
        return (System.Diagnostics.Process.GetProcessById(process).TotalProcessorTime - before) / time;
    }
}
