using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Http;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>A service with an endpoint that supports handover and a TCP port that does not.</summary>
public sealed class MixedHandoverTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Address => Path.Join(_directory.FullName, "web.sock");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact(Timeout = Limit)]
    public async Task If_the_port_is_configured_first_a_successor_fails_before_it_accepts_a_handover()
    {
        await using var old = Build("old.", k => k.Listen(IPAddress.Loopback, 0), ListenLocally);
        await old.StartAsync(Token);
        var port = PortOf(old);
        await using var next = Build("new.", k => k.Listen(IPAddress.Loopback, port), ListenLocally);

        var error = await Assert.ThrowsAsync<IOException>(() => next.StartAsync(Token));
        Assert.Contains($":{port}", error.Message, StringComparison.Ordinal);
        Assert.Equal("old.", await AskAsync());
        Assert.False(old.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact(Timeout = Limit)]
    public async Task If_the_port_is_configured_last_both_processes_stop_and_the_log_says_why()
    {
        await using var old = Build("old.", ListenLocally, k => k.Listen(IPAddress.Loopback, 0));
        await old.StartAsync(Token);
        var port = PortOf(old);
        var log = new LogLines();
        await using var next = Build("new.", log, ListenLocally, k => k.Listen(IPAddress.Loopback, port));

        await Assert.ThrowsAsync<IOException>(() => next.StartAsync(Token));
        Assert.Contains(
            log.Lines, l => l.StartsWith($"Critical This process accepted the handover of unix:{Address}", StringComparison.Ordinal));
        await Eventually.IsTrueAsync(() => old.Lifetime.ApplicationStopping.IsCancellationRequested, "the old one stops");
        Assert.False(File.Exists(Address));
    }

    [Fact(Timeout = Limit)]
    public async Task A_successor_that_has_started_and_stops_later_logs_no_failed_start()
    {
        await using var old = Build("old.", ListenLocally);
        await old.StartAsync(Token);
        var log = new LogLines();
        await using var next = Build("new.", log, ListenLocally);
        await next.StartAsync(Token);
        Assert.Equal("new.", await AskAsync());
        await next.StopAsync(Token);
        Assert.DoesNotContain(log.Lines, l => l.StartsWith("Critical", StringComparison.Ordinal));
    }

    private static int PortOf(WebApplication app) => app.Urls.Select(u => new Uri(u)).Single(u => u.Host == "127.0.0.1").Port;

    private static WebApplication Build(string answer, params Action<KestrelServerOptions>[] endpoints) =>
        Build(answer, null, endpoints);

    private static WebApplication Build(string answer, LogLines? log, params Action<KestrelServerOptions>[] endpoints)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null)
            builder.Logging.AddProvider(log);
        builder.WebHost.UseUnixSockets();
        foreach (var endpoint in endpoints)
            builder.WebHost.ConfigureKestrel(endpoint);
        var app = builder.Build();
        app.Run(http => http.Response.WriteAsync(answer));
        return app;
    }

    private void ListenLocally(KestrelServerOptions kestrel) =>
        kestrel.ListenUnix(Address, listen => listen.HandoverEndPoint = UnixEndPoint.FromPath($"{Address}.next"));

    private async Task<string> AskAsync()
    {
        using var client = new HttpClient(UnixHttp.CreateHandler(Address));
        return await client.GetStringAsync("http://localhost/", Token);
    }
}
