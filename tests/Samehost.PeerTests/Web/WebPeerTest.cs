using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>A test with a temporary directory and a socket path.</summary>
public abstract class WebPeerTest : IDisposable
{
    private readonly TestFolder _folder = new();

    protected string Socket => Path("web.sock");

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string Path(string name) => _folder[name];

    /// <summary>Runs a program, expects exit status 0, and returns its output.</summary>
    protected static async Task<string[]> RunAsync(string program, params string[] arguments)
    {
        await using var run = RunningProgram.Start(program, arguments);
        run.CloseInput();
        var lines = new List<string>();
        while (await run.NextLineAsync() is { } line)
            lines.Add(line);
        var errors = new List<string>();
        while (await run.NextErrorAsync() is { } line)
            errors.Add(line);
        Assert.True(await run.ExitStatusAsync() == 0, string.Join('\n', errors));
        return [.. lines];
    }
}

/// <summary>A web server on a local socket, for clients of others.</summary>
internal sealed class LocalWeb : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalWeb(WebApplication app) => _app = app;

    /// <summary>Serves a greeting at <c>/</c>, the request body at <c>/echo</c>, and WebSocket messages at <c>/ws</c>.</summary>
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
        var buffer = new byte[16384];
        while (await socket.ReceiveAsync(buffer, http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, http.RequestAborted);
        await socket.CloseAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, http.RequestAborted);
    }
}

/// <summary>The programs in JavaScript, which need packages from npm.</summary>
internal static class NodePrograms
{
    // …/tests/Samehost.PeerTests/bin/CONFIGURATION/FRAMEWORK/ is the directory of the tests.
    private static string Folder { get; } = Path.GetFullPath(Path.Join(AppContext.BaseDirectory, "../../../Web/Node"));

    public static string Find(string name)
    {
        if (!Directory.Exists(Path.Join(Folder, "node_modules")))
            Assert.Skip("run npm ci in tests/Samehost.PeerTests/Web/Node (Debian package npm)");
        return Path.Join(Folder, name);
    }

    public static RunningProgram Start(string name, params string[] arguments) =>
        RunningProgram.Start(ForeignProgram.Node, [Find(name), .. arguments]);
}

/// <summary>Unused TCP ports of this machine.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
