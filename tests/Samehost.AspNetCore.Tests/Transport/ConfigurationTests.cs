using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Http;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Endpoints from configuration.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Settings => PathOf("settings.json");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact(Timeout = Limit)]
    public async Task Several_sockets_and_TCP_are_served_as_configured()
    {
        await using var app = await StartAsync($$"""
            { "Kestrel": { "Endpoints": {
                "One": { "Url": "http://unix:{{PathOf("one")}}" },
                "Two": { "Url": "http://unix:{{PathOf("two")}}", "Protocols": "Http2" },
                "Net": { "Url": "http://127.0.0.1:0" } } } }
            """);

        Assert.Equal("known HTTP/1.1", await AskAsync("one"));
        Assert.Equal("known HTTP/2", await AskAsync("two", HttpVersion.Version20));
        using var net = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Assert.Equal("unknown HTTP/1.1", await net.GetStringAsync(app.Urls.Single(u => u.Contains("127.0.0.1")), Token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("two")));
        await app.StopAsync(Token);
        Assert.Equal([Settings], Directory.EnumerateFileSystemEntries(_directory.FullName));
    }

    [Fact(Timeout = Limit)]
    public async Task A_configuration_change_moves_the_socket_while_the_application_runs()
    {
        await using var app = await StartAsync(Endpoint("one"));
        Assert.Equal("known HTTP/1.1", await AskAsync("one"));

        await File.WriteAllTextAsync(Settings, Endpoint("two"), Token);
        ((IConfigurationRoot)app.Configuration).Reload();
        await Eventually.IsTrueAsync(() => Listens("two") && !File.Exists(PathOf("one")), "the socket moves");
        Assert.Equal("known HTTP/1.1", await AskAsync("two"));
    }

    [Fact(Timeout = Limit)]
    public async Task An_endpoint_whose_other_settings_change_keeps_its_path()
    {
        await using var app = await StartAsync(Endpoint("one"));
        Assert.Equal("known HTTP/1.1", await AskAsync("one"));

        await File.WriteAllTextAsync(Settings, Endpoint("one", "Http2"), Token);
        ((IConfigurationRoot)app.Configuration).Reload();
        await Eventually.IsTrueAsync(() => SpeaksHttp2(PathOf("one")), "the endpoint speaks HTTP/2");
        Assert.Equal("known HTTP/2", await AskAsync("one", HttpVersion.Version20));
    }

    private static string ToEndPoint(string path, string protocols) =>
        $$"""{ "Kestrel": { "Endpoints": { "Only": { "Url": "http://unix:{{path}}", "Protocols": "{{protocols}}" } } } }""";

    /// <summary>Retries, because the file exists a moment before the socket listens.</summary>
    private bool Listens(string name)
    {
        try
        {
            UnixStream.Connect(UnixEndPoint.FromPath(PathOf(name))).Dispose();
            return true;
        }
        catch (UnixSocketException)
        {
            return false;
        }
    }

    /// <summary>An HTTP/2 server sends its settings first.</summary>
    private static bool SpeaksHttp2(string path)
    {
        try
        {
            using var stream = UnixStream.Connect(UnixEndPoint.FromPath(path));
            stream.ReadTimeout = 5000;
            stream.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8);
            var head = new byte[9];
            stream.ReadExactly(head);
            return head[3] == 4;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return false;
        }
    }

    private string Endpoint(string name, string protocols = "Http1") => ToEndPoint(PathOf(name), protocols);

    private string PathOf(string name) => Path.Join(_directory.FullName, name);

    private async Task<string> AskAsync(string name, Version? version = null)
    {
        using var client = new HttpClient(UnixHttp.CreateHandler(PathOf(name)))
        {
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return await client.GetStringAsync("http://localhost/", Token);
    }

    private async Task<WebApplication> StartAsync(string settings)
    {
        await File.WriteAllTextAsync(Settings, settings, Encoding.UTF8, Token);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddJsonFile(Settings, optional: false, reloadOnChange: false);
        builder.WebHost.UseUnixSockets();
        var app = builder.Build();
        app.Run(http => http.Response.WriteAsync(
            $"{(http.Features.Get<IUnixPeerFeature>() is null ? "unknown" : "known")} {http.Request.Protocol}"));
        await app.StartAsync(Token);
        return app;
    }
}
