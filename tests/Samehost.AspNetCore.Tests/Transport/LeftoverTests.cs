using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Http;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Operations that an application leaves pending at the end of its request affect that request only.</summary>
public sealed class LeftoverTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_read_left_pending_on_an_upgraded_connection_fails_at_the_end_of_the_request()
    {
        Task<int>? left = null;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            if (http.Request.Path == "/good")
            {
                await http.Response.WriteAsync("good");
                return;
            }

            var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            left = stream.ReadAsync(new byte[10], CancellationToken.None).AsTask();
        }));
        using var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: none\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101", await client.ReadToEndAsync(), StringComparison.Ordinal);

        await Assert.ThrowsAnyAsync<Exception>(() => left!);
        await IsGoodAsync(server);
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_may_return_while_its_WebSocket_receive_is_pending()
    {
        Task? left = null;
        await using var server = await WebServer.StartAsync(app =>
        {
            app.UseWebSockets();
            app.Run(async http =>
            {
                if (!http.WebSockets.IsWebSocketRequest)
                {
                    await http.Response.WriteAsync("good");
                    return;
                }

                var socket = await http.WebSockets.AcceptWebSocketAsync();
                left = socket.ReceiveAsync(new byte[10], CancellationToken.None);
                await socket.SendAsync("bye"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            });
        });
        using var invoker = new HttpMessageInvoker(UnixHttp.CreateHandler(server.Path));
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri("ws://localhost/"), invoker, Token);
        var buffer = new byte[10];
        Assert.Equal(3, (await client.ReceiveAsync(buffer, Token)).Count);

        await Assert.ThrowsAnyAsync<Exception>(() => left!);
        await Assert.ThrowsAsync<WebSocketException>(() => client.ReceiveAsync(buffer, Token));
        await IsGoodAsync(server);
    }

    [Fact(Timeout = Limit)]
    public async Task A_pending_read_of_the_body_ends_with_the_request()
    {
        Task<int>? left = null;
        await using var server = await WebServer.StartAsync(app => app.Run(http =>
        {
            if (http.Request.Path == "/good")
                return http.Response.WriteAsync("good");
            left = http.Request.Body.ReadAsync(new byte[10], CancellationToken.None).AsTask();
            return Task.CompletedTask;
        }));
        using (var client = server.Connect())
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
            await client.ReadUntilAsync("\r\n\r\n");
        }

        await left!.ContinueWith(static _ => { }, TaskScheduler.Default); // regardless of the outcome
        await IsGoodAsync(server);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_ConnectionClosed_callback_that_throws_does_not_affect_other_connections(bool clientLeaves)
    {
        var notified = 0;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            if (http.Request.Path != "/good")
            {
                http.Features.Get<IConnectionLifetimeFeature>()!.ConnectionClosed.Register(() =>
                {
                    Interlocked.Increment(ref notified);
                    throw new InvalidOperationException("thrown by the application");
                });
                if (clientLeaves)
                    await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                else
                    http.Response.Headers.Connection = "close";
            }

            await http.Response.WriteAsync("good");
        }));
        var client = server.Connect();
        await client.SendAsync(RawClient.Get);
        if (!clientLeaves)
            await client.ReadToEndAsync();
        client.Dispose();
        await Eventually.IsTrueAsync(() => Volatile.Read(ref notified) == 1, "the callback is called");

        await IsGoodAsync(server);
        var start = Environment.TickCount64;
        await server.App.StopAsync(Token);
        Assert.InRange(Environment.TickCount64 - start, 0, 5000); // the connection has ended
    }

    private static async Task IsGoodAsync(WebServer server)
    {
        using var client = server.NewClient();
        Assert.Equal("good", await client.GetStringAsync("/good", Token));
    }
}
