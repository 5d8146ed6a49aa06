using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Samehost.Http.Tests.Support;

namespace Samehost.Http.Tests;

/// <summary>HTTP features over a local socket.</summary>
public sealed class UnixHttpTests : ClientTest
{
    private const int Large = 5_000_000;

    [Fact(Timeout = 180_000)]
    public async Task A_request_is_answered_under_the_name_localhost()
    {
        await using var server = await KestrelTestServer.StartAsync(
            SocketPath, app => app.MapGet("/", (HttpRequest r) => $"{r.Host} {r.Protocol}"));
        using var client = Client();

        Assert.Equal("localhost HTTP/1.1", await client.GetStringAsync("/", Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task HTTP_2_without_TLS_is_used_when_it_is_requested()
    {
        await using var server = await KestrelTestServer.StartAsync(
            SocketPath, app => app.MapGet("/", (HttpRequest r) => r.Protocol), HttpProtocols.Http2);
        using var client = Client();
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetStringAsync("/", Token)));

        Assert.Equal(["HTTP/2"], answers.Distinct());
    }

    [Fact(Timeout = 180_000)]
    public async Task An_https_address_uses_TLS_over_the_socket()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var server = await KestrelTestServer.StartAsync(
            SocketPath, app => app.MapGet("/", (HttpRequest r) => r.Scheme), listen: options => options.UseHttps(certificate));
        var handler = UnixHttp.CreateHandler(EndPoint);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, theirs, _, _) => theirs?.GetCertHashString() == certificate.Thumbprint;
        using var client = Client(handler);

        Assert.Equal("https", await client.GetStringAsync("https://localhost/", Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_redirect_to_another_host_stays_with_the_server()
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app =>
        {
            app.MapGet("/", () => Results.Redirect("http://elsewhere.example/there"));
            app.MapGet("/there", (HttpRequest r) => $"{r.Host}");
        });
        using var client = Client();

        Assert.Equal("elsewhere.example", await client.GetStringAsync("/", Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_WebSocket_exchanges_messages()
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.Map("/ws", async (HttpContext http) =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var message = await socket.ReceiveAsync(buffer, http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, true, http.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", http.RequestAborted);
        }));
        using var invoker = new HttpMessageInvoker(UnixHttp.CreateHandler(EndPoint));
        using var client = new ClientWebSocket();

        await client.ConnectAsync(new Uri("ws://localhost/ws"), invoker, Token);
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Token);
        var answer = new byte[100];
        var received = await client.ReceiveAsync(answer, Token);
        var end = await client.ReceiveAsync(answer.AsMemory(50), Token);

        Assert.Equal("hello", Encoding.UTF8.GetString(answer, 0, received.Count));
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal("done", client.CloseStatusDescription);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Large_bodies_go_both_ways(HttpProtocols protocols)
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapPost("/", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            return Results.Bytes(body.ToArray());
        }), protocols);
        using var client = Client();
        client.DefaultRequestVersion = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var sent = new byte[Large];
        Random.Shared.NextBytes(sent);

        using var answer = await client.PostAsync("/", new ByteArrayContent(sent), Token);

        Assert.Equal(sent, await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_thread_may_wait_for_an_answer_even_where_an_answer_was_awaited()
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", () => "hi"));
        using var client = Client();

        await client.GetStringAsync("/", Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        using var answer = client.Send(request, Token);
#pragma warning disable xUnit1031 // blocking is what is tested
        var blocking = client.GetStringAsync("/", Token).GetAwaiter().GetResult();
#pragma warning restore xUnit1031

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("hi", blocking);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_connection_is_reused_and_a_restarted_server_gets_a_new_one()
    {
        string[] first, second;
        using var client = Client();
        await using (await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", (HttpContext c) => c.Connection.Id)))
            first = [await client.GetStringAsync("/", Token), await client.GetStringAsync("/", Token)];
        await using (await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", (HttpContext c) => c.Connection.Id)))
            second = [await client.GetStringAsync("/", Token), await client.GetStringAsync("/", Token)];

        Assert.Equal(first[0], first[1]);
        Assert.Equal(second[0], second[1]);
        Assert.NotEqual(first[0], second[0]);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_canceled_request_is_aborted_at_the_server()
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", async (HttpContext http) =>
        {
            await using var registration = http.RequestAborted.Register(() => aborted.SetResult());
            arrived.SetResult();
            await aborted.Task;
        }));
        using var client = Client();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var request = client.GetStringAsync("/", cancellation.Token);
        await arrived.Task.WaitAsync(Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await aborted.Task.WaitAsync(Token);
    }
}
