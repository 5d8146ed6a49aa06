using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>HTTP/1.1 features of Kestrel over this transport.</summary>
public sealed class RequestTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Large_bodies_arrive_complete_in_both_directions()
    {
        var body = RandomNumberGenerator.GetBytes(20_000_000); // below Kestrel's default limit
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            // Read completely first: the client does not read before it has sent everything.
            var whole = new MemoryStream();
            await http.Request.Body.CopyToAsync(whole);
            await http.Response.Body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length));
        }));
        using var client = server.NewClient();

        for (var turn = 0; turn < 2; turn++)
        {
            var answer = await client.PostAsync("/", new ByteArrayContent(body), Token);
            Assert.Equal(SHA256.HashData(body), SHA256.HashData(await answer.Content.ReadAsByteArrayAsync(Token)));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var server = await WebServer.StartAsync(app => app.Run(http => http.Response.WriteAsync(http.Request.Path)));
        using var client = server.Connect();
        var requests = string.Concat(Enumerable.Range(0, 500).Select(i => $"GET /{i:000}. HTTP/1.1\r\nHost: localhost\r\n\r\n"));

        await client.SendAsync(requests);
        var answers = await client.ReadUntilAsync("/499.\r\n0\r\n\r\n");
        int[] order = [.. Enumerable.Range(0, 500).Select(i => answers.IndexOf($"/{i:000}.", StringComparison.Ordinal))];
        Assert.Equal(order.Order(), order);
        Assert.DoesNotContain(-1, order);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_does_not_read_blocks_only_its_own_handler()
    {
        long written = 0;
        const long All = 50_000_000;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            http.Response.ContentLength = All;
            for (var chunk = new byte[10_000]; Volatile.Read(ref written) < All; Interlocked.Add(ref written, chunk.Length))
                await http.Response.Body.WriteAsync(chunk);
        }));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get);
        await Eventually.IsTrueAsync(() => Volatile.Read(ref written) > 0, "the handler writes");

        var stuckAt = await StuckAsync(() => Volatile.Read(ref written));
        Assert.InRange(stuckAt, 1, 4_000_000);
        var buffer = new byte[1 << 16];
        long read = 0;
        while (read < All && await client.Stream.ReadAsync(buffer, Token) is > 0 and var count)
            read += count;
        // The bytes read include the headers, so the handler may still be writing its last chunk.
        await Eventually.IsTrueAsync(() => Volatile.Read(ref written) == All, "the handler has written everything");
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_that_does_not_read_blocks_the_sending_client()
    {
        using var go = new SemaphoreSlim(0);
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            await go.WaitAsync(http.RequestAborted);
            long length = 0;
            var buffer = new byte[10_000];
            while (await http.Request.Body.ReadAsync(buffer) is > 0 and var count)
                length += count;
            await http.Response.WriteAsync($"{length}.");
        }));
        using var client = server.Connect();
        const int All = 20_000_000;
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {All}\r\n\r\n");
        long sent = 0;
        var sending = Task.Run(
            async () =>
            {
                for (var chunk = new byte[10_000]; sent < All; Interlocked.Add(ref sent, chunk.Length))
                    await client.Stream.WriteAsync(chunk, Token);
            },
            Token);

        Assert.InRange(await StuckAsync(() => Volatile.Read(ref sent)), 1, 4_000_000);
        go.Release();
        await sending;
        Assert.Contains($"{All}.", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task An_upgraded_connection_belongs_to_the_application()
    {
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.CopyToAsync(stream, http.RequestAborted);
        }));
        using var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 101", await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        await client.SendAsync("one, ");
        Assert.Equal("one, ", await client.ReadUntilAsync("one, "));
        await client.SendAsync("two");
        Assert.Equal("two", await client.ReadUntilAsync("two"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_WebSocket_exchanges_messages_and_closes_normally()
    {
        await using var server = await WebServer.StartAsync(app =>
        {
            app.UseWebSockets();
            app.Run(async http =>
            {
                using var socket = await http.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[1024];
                var message = await socket.ReceiveAsync(buffer, Token);
                await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, true, Token);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Token);
            });
        });
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, token) => await UnixStream.ConnectAsync(UnixEndPoint.FromPath(server.Path), null, token),
        };
        using var client = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(handler);
        await client.ConnectAsync(new Uri("ws://localhost/"), invoker, Token);

        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Token);
        var buffer = new byte[1024];
        var answer = await client.ReceiveAsync(buffer, Token);
        Assert.Equal("hello"u8.ToArray(), buffer[..answer.Count]);
        Assert.Equal(WebSocketMessageType.Close, (await client.ReceiveAsync(buffer, Token)).MessageType);
    }

    [Fact(Timeout = Limit)]
    public async Task An_idle_connection_is_closed_after_the_keep_alive_timeout()
    {
        await using var server = await WebServer.StartAsync(
            app => app.Run(http => http.Response.WriteAsync("x")), kestrel: k => k.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(1));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get);

        Assert.EndsWith("0\r\n\r\n", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    /// <summary>Waits until a number stays the same for half a second, and returns it.</summary>
    private static async Task<long> StuckAsync(Func<long> number)
    {
        long seen;
        do
        {
            seen = number();
            await Task.Delay(TimeSpan.FromMilliseconds(500), Token);
        }
        while (number() != seen || seen == 0);
        return seen;
    }
}
