using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore;

namespace Samehost.PeerTests.Web;

/// <summary>Our web server, for clients that we did not write.</summary>
internal sealed class LocalWeb : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalWeb(WebApplication app) => _app = app;

    /// <summary>Serves a greeting at <c>/</c>, what was posted at <c>/echo</c>, and WebSocket messages at <c>/ws</c>.</summary>
    public static async Task<LocalWeb> StartAsync(string address, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ListenUnix(address, listen =>
        {
            listen.PeerPolicy = PeerPolicy.SelfAndRoot;
            listen.ListenOptions.Protocols = protocols;
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/", (HttpContext http) => $"Hi, {Caller(http).UserId}, by {http.Request.Protocol}\n");
        app.MapPost("/echo", (HttpContext http) => Results.Stream(http.Request.Body));
        app.Map("/ws", EchoAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new LocalWeb(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static PeerCredentials Caller(HttpContext http) => http.Features.GetRequiredFeature<IUnixPeerFeature>().Credentials;

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[16384];
        while (await socket.ReceiveAsync(buffer, http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, http.RequestAborted);
        await socket.CloseAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, http.RequestAborted);
    }
}
