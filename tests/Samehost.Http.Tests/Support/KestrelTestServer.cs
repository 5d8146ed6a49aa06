using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Samehost.Http.Tests.Support;

/// <summary>A web server on Kestrel's own transport, so that a client is tested against an independent implementation.</summary>
internal sealed class KestrelTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelTestServer(WebApplication app) => _app = app;

    public static async Task<KestrelTestServer> StartAsync(
        string path, Action<WebApplication> map, HttpProtocols protocols = HttpProtocols.Http1, Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(path, options =>
        {
            options.Protocols = protocols;
            listen?.Invoke(options);
        }));
        var app = builder.Build();
        app.UseWebSockets();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new KestrelTestServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
