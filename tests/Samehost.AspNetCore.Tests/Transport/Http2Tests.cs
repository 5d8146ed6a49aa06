using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Http;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>HTTP/2: concurrent requests on one connection do not affect each other.</summary>
public sealed class Http2Tests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_canceled_request_is_aborted_alone()
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await StartAsync(async http =>
        {
            if (http.Request.Path == "/good")
            {
                await http.Response.WriteAsync(http.Connection.Id);
                return;
            }

            await using var registration = http.RequestAborted.Register(aborted.SetResult);
            arrived.SetResult();
            await aborted.Task;
        });
        using var client = server.NewClient(HttpVersion.Version20);
        var connection = await client.GetStringAsync("/good", Token);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var request = client.GetAsync("/waits", cancellation.Token);
        await arrived.Task;
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await aborted.Task;
        Assert.Equal(connection, await client.GetStringAsync("/good", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_go_back_and_forth_within_one_request()
    {
        await using var server = await StartAsync(async http =>
        {
            await http.Response.Body.FlushAsync(); // the headers
            var buffer = new byte[1000];
            while (await http.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, count));
                await http.Response.Body.FlushAsync();
            }
        });
        using var client = server.NewClient(HttpVersion.Version20);
        var ours = new TaskCompletionSource<Stream>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Duplex(ours, end.Task),
        };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        var to = await ours.Task;
        var from = await answer.Content.ReadAsStreamAsync(Token);

        var message = new byte[100];
        for (byte i = 0; i < 100; i++)
        {
            Array.Fill(message, i);
            await to.WriteAsync(message, Token);
            await to.FlushAsync(Token);
            var echo = new byte[100];
            await from.ReadExactlyAsync(echo, Token);
            Assert.Equal(message, echo);
        }

        end.SetResult();
        Assert.Equal(-1, from.ReadByte());
    }

    [Fact(Timeout = Limit)]
    public async Task A_response_that_is_not_read_does_not_delay_the_others_of_its_connection()
    {
        await using var server = await StartAsync(http => http.Request.Path == "/large"
            ? http.Response.Body.WriteAsync(new byte[10_000_000]).AsTask()
            : http.Response.WriteAsync("good"));
        using var client = server.NewClient(HttpVersion.Version20);
        using var large = await client.GetAsync("/large", HttpCompletionOption.ResponseHeadersRead, Token);

        for (var i = 0; i < 100; i++)
            Assert.Equal("good", await client.GetStringAsync("/", Token));
        Assert.Equal(10_000_000, (await large.Content.ReadAsByteArrayAsync(Token)).Length);
    }

    [Fact(Timeout = Limit)]
    public async Task A_WebSocket_can_be_one_stream_of_a_connection()
    {
        await using var server = await StartAsync(async http =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var message = await socket.ReceiveAsync(buffer, http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, true, http.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, http.Request.Protocol, http.RequestAborted);
        });
        using var client = new ClientWebSocket();
        client.Options.HttpVersion = HttpVersion.Version20;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(UnixHttp.CreateHandler(server.Path));
        await client.ConnectAsync(new Uri("ws://localhost/"), invoker, Token);

        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Token);
        var buffer = new byte[100];
        var answer = await client.ReceiveAsync(buffer, Token);
        Assert.Equal("hello"u8.ToArray(), buffer[..answer.Count]);
        Assert.Equal(WebSocketMessageType.Close, (await client.ReceiveAsync(buffer, Token)).MessageType);
        Assert.Equal("HTTP/2", client.CloseStatusDescription);
    }

    private static Task<WebServer> StartAsync(RequestDelegate handle) => WebServer.StartAsync(
        app =>
        {
            app.UseWebSockets();
            app.Run(handle);
        },
        listen => listen.ListenOptions.Protocols = HttpProtocols.Http2);

    /// <summary>A body that is written while its response is read.</summary>
    private sealed class Duplex(TaskCompletionSource<Stream> ours, Task end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync(); // the headers: HttpClient keeps them until there is something else to send
            ours.SetResult(stream);
            await end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = -1;
            return false;
        }
    }
}
