using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Samehost.AspNetCore.Tests.Support;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Kestrel's limits apply to this transport.</summary>
public sealed class LimitTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_client_that_does_not_complete_its_headers_gets_a_timeout_and_is_disconnected()
    {
        await using var server = await StartAsync(_ => Task.CompletedTask, l => l.RequestHeadersTimeout = TimeSpan.FromSeconds(1));
        using var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nX-Slow: ");

        Assert.StartsWith("HTTP/1.1 408", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_body_below_the_minimum_data_rate_ends_its_request()
    {
        var failed = new TaskCompletionSource<Exception>();
        await using var server = await StartAsync(
            async http =>
            {
                try
                {
                    await http.Request.Body.CopyToAsync(Stream.Null);
                }
                catch (BadHttpRequestException e)
                {
                    failed.SetResult(e);
                    throw;
                }
            },
            l => l.MinRequestBodyDataRate = new MinDataRate(1000, TimeSpan.FromSeconds(1.1)));
        using var client = server.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nslow");

        Assert.Equal(StatusCodes.Status408RequestTimeout, ((BadHttpRequestException)await failed.Task).StatusCode);
        Assert.StartsWith("HTTP/1.1 408", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_reads_below_the_minimum_data_rate_is_disconnected_and_its_request_aborted()
    {
        var notified = new TaskCompletionSource();
        await using var server = await StartAsync(
            async http =>
            {
                http.RequestAborted.Register(notified.SetResult);
                await http.Response.Body.WriteAsync(new byte[10_000_000]);
            },
            l => l.MinResponseDataRate = new MinDataRate(100_000_000, TimeSpan.FromSeconds(1.1)));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get);

        await notified.Task;
        Assert.DoesNotContain("\r\n0\r\n\r\n", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Connections_beyond_Kestrels_limit_are_closed()
    {
        await using var server = await StartAsync(http => http.Response.WriteAsync("good"), l => l.MaxConcurrentConnections = 1);
        using var first = server.Connect();
        await first.SendAsync(RawClient.Get);
        await first.ReadUntilAsync("0\r\n\r\n");
        using (var second = server.Connect())
            Assert.Equal("", await second.ReadToEndAsync());

        await first.SendAsync(RawClient.Get);
        Assert.Contains("good", await first.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_body_that_is_too_large_is_refused_while_the_client_sends_it()
    {
        await using var server = await StartAsync(
            http => http.Request.Body.CopyToAsync(Stream.Null), l => l.MaxRequestBodySize = 1000);
        using var client = server.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n");
        var sending = Task.Run(
            async () =>
            {
                try
                {
                    for (var i = 0; i < 500; i++)
                        await client.Stream.WriteAsync(new byte[100_000], Token);
                }
                catch (IOException)
                {
                    // as a client expects when its request is refused
                }
            },
            Token);

        Assert.StartsWith("HTTP/1.1 413", await client.ReadToEndAsync(), StringComparison.Ordinal);
        await sending;
    }

    [Fact(Timeout = Limit)]
    public async Task A_body_that_the_handler_does_not_read_is_discarded_and_the_connection_continues()
    {
        await using var server = await StartAsync(http => http.Response.WriteAsync("enough."));
        using var client = server.Connect();
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n");
            await client.Stream.WriteAsync(new byte[10_000_000], Token);
            Assert.EndsWith("enough.\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Expect_100_continue_is_answered_only_if_the_handler_reads_the_body(bool reads)
    {
        await using var server = await StartAsync(async http =>
        {
            var body = reads ? await new StreamReader(http.Request.Body).ReadToEndAsync(Token) : "nothing";
            http.Response.Headers.Connection = "close";
            await http.Response.WriteAsync($"got {body}");
        });
        using var client = server.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");

        var first = await client.ReadUntilAsync("\r\n\r\n");
        Assert.StartsWith(reads ? "HTTP/1.1 100 Continue" : "HTTP/1.1 200 OK", first, StringComparison.Ordinal);
        if (reads)
            await client.SendAsync("body");
        Assert.Contains(reads ? "got body" : "got nothing", first + await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_can_arrive_byte_by_byte()
    {
        await using var server = await StartAsync(async http =>
            await http.Response.WriteAsync(await new StreamReader(http.Request.Body).ReadToEndAsync(Token)));
        using var client = server.Connect();
        for (var i = 0; i < 3; i++)
        {
            foreach (var b in Encoding.ASCII.GetBytes(
                "POST /path HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n"))
            {
                await client.Stream.WriteAsync(new[] { b }, Token);
            }

            Assert.EndsWith("one two\r\n0\r\n\r\n", await client.ReadUntilAsync("\r\n0\r\n\r\n"), StringComparison.Ordinal);
        }
    }

    private static Task<WebServer> StartAsync(RequestDelegate handle, Action<KestrelServerLimits>? limits = null) =>
        WebServer.StartAsync(app => app.Run(handle), kestrel: k => limits?.Invoke(k.Limits));
}
