using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Tests.Support;

/// <summary>A web application on a socket in its own directory.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly DirectoryInfo _directory;

    private WebServer(WebApplication app, DirectoryInfo directory) => (App, _directory) = (app, directory);

    public WebApplication App { get; }

    public string Directory => _directory.FullName;

    public string Path => System.IO.Path.Join(Directory, "web.sock");

    public static async Task<WebServer> StartAsync(
        Action<WebApplication> configure, Action<UnixTransportOptions>? listen = null,
        Action<KestrelServerOptions>? kestrel = null, Action<IServiceCollection>? services = null, string? address = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("samehost-");
        WebServer? server = null;
        try
        {
            // Some tests run a second user, which has to be able to search the directory.
            directory.UnixFileMode = (UnixFileMode)0b111_101_101;
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ListenUnix(address ?? System.IO.Path.Join(directory.FullName, "web.sock"), listen);
            if (kestrel is not null)
                builder.WebHost.ConfigureKestrel(kestrel);
            builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(10));
            services?.Invoke(builder.Services);
            server = new WebServer(builder.Build(), directory);
            configure(server.App);
            await server.App.StartAsync();
            return server;
        }
        catch
        {
            if (server is null)
                directory.Delete(recursive: true);
            else
                await server.DisposeAsync();
            throw;
        }
    }

    public RawClient Connect() => new(UnixStream.Connect(UnixEndPoint.FromPath(Path)));

    public HttpClient NewClient(Version? version = null) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, token) => await UnixStream.ConnectAsync(UnixEndPoint.FromPath(Path), null, token),
    })
    {
        BaseAddress = new Uri("http://localhost/"),
        DefaultRequestVersion = version ?? new Version(1, 1),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
