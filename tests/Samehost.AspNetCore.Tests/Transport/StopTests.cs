using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

public sealed class StopTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_stop_under_load_answers_each_request_completely_or_closes_its_connection_without_a_byte()
    {
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            await Task.Yield();
            http.Response.ContentLength = 5;
            await http.Response.WriteAsync("hello");
        }));
        var answered = 0;
        var clients = Enumerable.Range(0, 40)
            .Select(i => Task.Run(() => LoadAsync(server, i % 2 == 0, () => Interlocked.Increment(ref answered)), Token)).ToArray();
        await Eventually.IsTrueAsync(() => Volatile.Read(ref answered) > 2000, "the load runs");

        await server.App.StopAsync(Token);
        Assert.False(File.Exists(server.Path));
        string[] odd = [.. (await Task.WhenAll(clients)).Where(last => last is not ("" or "refused"))];
        Assert.True(odd.Length == 0, $"{odd.Length} answers were cut off, such as: {odd.FirstOrDefault()}");
    }

    [Fact(Timeout = Limit)]
    public async Task A_stop_with_blocked_clients_and_handlers_ends_at_its_deadline()
    {
        using var never = new ManualResetEventSlim();
        var stuck = 0;
        await using var server = await WebServer.StartAsync(
            app => app.Run(async http =>
            {
                Interlocked.Increment(ref stuck);
                if (http.Request.Path == "/blocks")
                    never.Wait(CancellationToken.None);
                else
                    await http.Response.Body.WriteAsync(new byte[10_000_000]); // to a client that does not read
            }),
            services: s => s.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1)));
        using var first = server.Connect();
        using var second = server.Connect();
        using var third = server.Connect();
        await first.SendAsync("GET /blocks HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await second.SendAsync(RawClient.Get);
        await third.SendAsync("GET / HTTP/1.1\r\n"); // and sends no more
        await Eventually.IsTrueAsync(() => Volatile.Read(ref stuck) == 2, "both handlers run");

        var start = Stopwatch.GetTimestamp();
        await server.App.StopAsync(Token);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 15);
        Assert.False(File.Exists(server.Path));
        never.Set();
    }

    [Fact(Timeout = Limit)]
    public async Task A_handover_stops_the_predecessor_and_refuses_no_connection()
    {
        var directory = Directory.CreateTempSubdirectory("samehost-").FullName;
        var path = Path.Join(directory, "web.sock");
        await using var old = await StartAsync("old.");
        var stopping = new TaskCompletionSource();
        old.App.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        using var kept = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(path), null, Token));
        await kept.SendAsync(RawClient.Get);
        Assert.EndsWith("old.\r\n0\r\n\r\n", await kept.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);

        await using var next = await StartAsync("new.");
        await stopping.Task;
        await old.App.StopAsync(Token);
        using var client = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(path), null, Token));
        await client.SendAsync(RawClient.Get);
        Assert.EndsWith("new.\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
        await next.App.StopAsync(Token);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
        Directory.Delete(directory);

        Task<WebServer> StartAsync(string answer) => WebServer.StartAsync(
            app => app.Run(http => http.Response.WriteAsync(answer)),
            listen => listen.HandoverEndPoint = UnixEndPoint.FromPath(Path.Join(directory, "next.sock")), address: path);
    }

    /// <summary>Sends requests until one fails; returns the incomplete last response.</summary>
    private static async Task<string> LoadAsync(WebServer server, bool keepAlive, Action answered)
    {
        RawClient? client = null;
        try
        {
            while (true)
            {
                client ??= server.Connect();
                string answer;
                try
                {
                    await client.SendAsync(RawClient.Get);
                    answer = await client.ReadUntilAsync("hello");
                }
                catch (IOException)
                {
                    return ""; // closed during the write
                }

                if (!answer.EndsWith("hello", StringComparison.Ordinal))
                    return answer;
                answered();
                if (keepAlive)
                    continue;
                client.Dispose();
                client = null;
            }
        }
        catch (UnixSocketException)
        {
            return "refused";
        }
        finally
        {
            client?.Dispose();
        }
    }
}
