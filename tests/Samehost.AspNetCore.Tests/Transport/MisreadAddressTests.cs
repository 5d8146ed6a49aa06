using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Http;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>A configured address that means a local socket never becomes a TCP port.</summary>
public sealed class MisreadAddressTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Sound => Path.Join(_directory.FullName, "sound.sock");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("http://unix:@name", "\"http://unix:/@name\"")]
    [InlineData("http://unix:@", "\"http://unix:/absolute/path\"")]
    [InlineData("https://unix:@name", "\"https://unix:/@name\"")]
    [InlineData("http://UNIX:/run/app.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("http://unix/run/app.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("http://unix", "\"http://unix:/absolute/path\"")]
    [InlineData("http://unix:8080", "\"http://*:8080\" for TCP")]
    [InlineData("http://unix:/run/app.sock/", "\"http://unix:/run/app.sock\"")]
    [InlineData("http:///run/app.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("http://@name", "\"http://unix:/@name\"")]
    [InlineData("http://*:@name", "\"http://unix:/@name\"")]
    [InlineData("http://%2Frun%2Fapp.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("http://~/app", "\"http://unix:/absolute/path\"")]
    [InlineData("http+unix://%2frun%2fapp.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("https+unix:///run/app.sock", "\"https://unix:/run/app.sock\"")]
    [InlineData("unix:///run/app.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("unix:/run/app.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("unix:/run/a:b.sock", "\"http://unix:/absolute/path\"")]
    [InlineData("unix-abstract:name", "\"http://unix:/@name\"")]
    [InlineData("/run/app.sock", "\"http://unix:/run/app.sock\"")]
    [InlineData("@name", "\"http://unix:/@name\"")]
    public void An_address_that_means_a_local_socket_is_refused_with_the_form_to_write(string address, string form)
    {
        var problem = LocalAddressParser.ExplainMisreading(address);
        Assert.NotNull(problem);
        Assert.StartsWith($"The address \"{address}\" means a local socket", problem, StringComparison.Ordinal);
        Assert.Contains(form, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://unix:app.sock")]
    [InlineData("http://./app.sock")]
    [InlineData("http://app.sock")]
    [InlineData("unix:app.sock")]
    [InlineData("./app.sock")]
    public void A_relative_path_is_refused_and_the_error_states_the_absolute_one(string address) =>
        Assert.Contains(
            $"\"http://unix:{Path.GetFullPath("app.sock")}\"", LocalAddressParser.ExplainMisreading(address), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://unix:/run/app.sock")]
    [InlineData("https://unix:/run/app.sock")]
    [InlineData("http://unix:/@name")]
    [InlineData("http://unix://@name")]
    [InlineData("http://*:8080")]
    [InlineData("http://+")]
    [InlineData("https://0.0.0.0:443")]
    [InlineData("http://[::1]:5000")]
    [InlineData("http://[fe80::1%25eth0]:5000/")]
    [InlineData("http://unix.example.com:80/")]
    [InlineData("http://my_host")]
    [InlineData("http://localhost:0")]
    [InlineData("net.tcp://unix")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void Any_other_address_is_left_to_Kestrel(string address) => Assert.Null(LocalAddressParser.ExplainMisreading(address));

    [Theory(Timeout = Limit)]
    [InlineData("UseUrls before")]
    [InlineData("UseUrls after")]
    [InlineData("configuration")]
    [InlineData("command line")]
    [InlineData("ports")]
    [InlineData("app.Urls")]
    [InlineData("endpoints")]
    [InlineData("captured errors")]
    public async Task The_start_fails_before_anything_is_bound_regardless_of_the_source_of_the_address(string source)
    {
        string[] urls = [$"http://unix:{Sound}", "http://unix:@name"];
        var joined = string.Join(';', urls);
        var builder = WebApplication.CreateBuilder(source == "command line" ? ["--urls", joined] : []);
        builder.Logging.ClearProviders();
        if (source is "UseUrls before" or "captured errors")
            builder.WebHost.UseUrls(urls);
        builder.WebHost.UseUnixSockets();
        if (source == "UseUrls after")
            builder.WebHost.UseUrls(urls);
        if (source == "configuration")
            builder.Configuration["urls"] = joined; // where ASPNETCORE_URLS goes
        if (source == "ports")
            builder.Configuration["http_ports"] = "0;@name";
        if (source == "captured errors")
            builder.WebHost.CaptureStartupErrors(true);
        if (source == "endpoints")
        {
            builder.Configuration["Kestrel:Endpoints:One:Url"] = urls[0];
            builder.Configuration["Kestrel:Endpoints:Two:Url"] = urls[1];
        }

        await using var app = builder.Build();
        if (source == "app.Urls")
            Array.ForEach(urls, app.Urls.Add);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Token));
        Assert.Contains("\"http://unix:/@name\"", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Sound));
    }

    [Fact(Timeout = Limit)]
    public async Task A_configuration_change_opens_no_port()
    {
        var builder = WebApplication.CreateBuilder();
        var log = new CriticalLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUnixSockets();
        builder.Configuration["Kestrel:Endpoints:One:Url"] = $"http://unix:{Sound}";
        await using var app = builder.Build();
        await app.StartAsync(Token);

        app.Configuration["Kestrel:Endpoints:Two:Url"] = "http://unix:@name";
        ((IConfigurationRoot)app.Configuration).Reload();
        Assert.Contains("\"http://unix:/@name\"", (await log.First.Task).ToString(), StringComparison.Ordinal);
        Assert.All(app.Urls, url => Assert.StartsWith("http://unix:/", url, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task The_URL_form_of_an_abstract_name_listens_at_that_name()
    {
        var name = $"samehost-{Guid.NewGuid()}";
        await using var app = await StartAsync($"http://unix:/@{name}");

        Assert.Equal([$"http://unix:/@{name}"], app.Urls);
        using var client = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromAbstractName(name), null, Token));
        await client.SendAsync(RawClient.Get);
        Assert.Contains("answer", await client.ReadUntilAsync("answer"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_URL_can_name_a_file_that_begins_with_an_at_sign()
    {
        var path = Path.Join(_directory.FullName, "@file");
        await using var app = await StartAsync($"http://unix:{path}");

        Assert.True(File.Exists(path));
        using var client = new HttpClient(UnixHttp.CreateHandler(path));
        Assert.Equal("answer", await client.GetStringAsync("http://localhost/", Token));
    }

    private static async Task<WebApplication> StartAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUnixSockets().UseUrls(url);
        var app = builder.Build();
        app.Run(http => http.Response.WriteAsync("answer"));
        await app.StartAsync(Token);
        return app;
    }

    /// <summary>Completes with the first critical error.</summary>
    private sealed class CriticalLog : ILoggerProvider, ILogger
    {
        public TaskCompletionSource<Exception> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Critical && exception is not null)
                First.TrySetResult(exception);
        }

        public void Dispose()
        {
        }
    }
}
