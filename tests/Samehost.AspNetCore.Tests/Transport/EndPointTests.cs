using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Http;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>The endpoints of a server and their protocols.</summary>
public sealed class EndPointTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task The_socket_file_has_mode_0600_and_is_removed_at_the_stop()
    {
        await using var server = await WebServer.StartAsync(Greet);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Path));
        using var client = server.NewClient();
        Assert.Equal("unix /", await client.GetStringAsync("/", Token));
        await server.App.StopAsync(Token);
        Assert.False(File.Exists(server.Path));
    }

    [Fact(Timeout = Limit)]
    public async Task A_live_server_is_not_replaced_and_the_exception_is_Kestrels()
    {
        await using var server = await WebServer.StartAsync(Greet);

        var refused = await Assert.ThrowsAsync<IOException>(() => WebServer.StartAsync(Greet, address: server.Path));
        Assert.Contains("address already in use", refused.Message, StringComparison.Ordinal);
        using var client = server.NewClient();
        Assert.Equal("unix /", await client.GetStringAsync("/", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task An_abstract_name_requires_a_policy()
    {
        var name = $"@samehost-{Guid.NewGuid()}";

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => WebServer.StartAsync(Greet, address: name));
        Assert.Contains("policy", refused.Message, StringComparison.OrdinalIgnoreCase);
        await using var server = await WebServer.StartAsync(Greet, l => l.PeerPolicy = PeerPolicy.SelfAndRoot, address: name);
        using var client = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.Parse(name), null, Token));
        await client.SendAsync(RawClient.Get);
        Assert.Contains("unix /", await client.ReadUntilAsync("unix /"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Endpoints_on_sockets_and_on_TCP_serve_side_by_side()
    {
        var second = Path.Join(Path.GetTempPath(), $"samehost-{Guid.NewGuid()}.sock");
        await using var server = await WebServer.StartAsync(Greet, kestrel: k =>
        {
            k.ListenUnix(second);
            k.Listen(IPAddress.Loopback, 0);
        });
        var addresses = server.App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var tcp = addresses.Single(a => a.Contains("127.0.0.1", StringComparison.Ordinal));

        using var client = server.NewClient();
        Assert.Equal("unix /a", await client.GetStringAsync("/a", Token));
        using var other = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(second), null, Token));
        await other.SendAsync(RawClient.Get);
        Assert.Contains("unix /", await other.ReadUntilAsync("unix /"), StringComparison.Ordinal);
        using var overTcp = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Assert.Equal("tcp /b", await overTcp.GetStringAsync(tcp + "/b", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_named_by_configuration_uses_this_transport()
    {
        var path = Path.Join(Path.GetTempPath(), $"samehost-{Guid.NewGuid()}.sock");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUnixSockets().UseUrls($"http://unix:{path}");
        await using var app = builder.Build();
        Greet(app);
        await app.StartAsync(Token);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        using var client = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(path), null, Token));
        await client.SendAsync(RawClient.Get);
        Assert.Contains("unix /", await client.ReadUntilAsync("unix /"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_without_the_transport_names_the_method_to_call()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.ListenUnix("/tmp/never.sock"));

        var refused = Assert.Throws<InvalidOperationException>(() => builder.Build().Services.GetRequiredService<IServer>());
        Assert.Contains("UseUnixSockets()", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task The_setters_validate_their_values()
    {
        Action<UnixTransportOptions>[] wrong = [l => l.MaxConnections = 0, l => l.MaxConnectionsPerUser = 0, l => l.Backlog = -1];
        foreach (var listen in wrong)
        {
            var path = Path.Join(Path.GetTempPath(), $"samehost-{Guid.NewGuid()}.sock");
            var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => WebServer.StartAsync(Greet, listen, address: path));
            Assert.Equal("value", refused.ParamName);
            Assert.False(File.Exists(path));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task The_options_are_copied_when_the_endpoint_is_bound()
    {
        UnixTransportOptions? options = null;
        await using var server = await WebServer.StartAsync(Greet, l => options = l);
        options!.PeerPolicy = PeerPolicy.Parse("uid:4242");
        options.SocketFile.Mode = UnixFileMode.UserRead;
        options.MaxConnections = 1;

        using var first = server.NewClient();
        using var second = server.NewClient();
        Assert.Equal("unix /", await first.GetStringAsync("/", Token));
        Assert.Equal("unix /", await second.GetStringAsync("/", Token));
        Assert.Throws<ArgumentNullException>(() => options.SocketFile = null!);
    }

    [Fact(Timeout = Limit)]
    public async Task An_address_can_be_an_endpoint_instead_of_text()
    {
        var endPoint = UnixEndPoint.FromAbstractName($"samehost-{Guid.NewGuid()}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ListenUnix(endPoint, listen => listen.PeerPolicy = PeerPolicy.SelfAndRoot);
        await using var app = builder.Build();
        app.MapGet("/", () => "hello");
        await app.StartAsync(Token);

        using var client = new HttpClient(UnixHttp.CreateHandler(endPoint));
        Assert.Equal("hello", await client.GetStringAsync("http://localhost/", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task HTTP_2_without_TLS_carries_many_requests_on_one_connection()
    {
        await using var server = await WebServer.StartAsync(Greet, l => l.ListenOptions.Protocols = HttpProtocols.Http2);
        using var client = server.NewClient(HttpVersion.Version20);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.GetStringAsync($"/{i}", Token)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"unix /{i}"), answers);
    }

    [Fact(Timeout = Limit)]
    public async Task TLS_works_and_the_caller_is_still_identified()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var server = await WebServer.StartAsync(Greet, l => l.ListenOptions.UseHttps(certificate));
        using var raw = server.Connect();
        await using var tls = new SslStream(
            raw.Stream, false, (_, shown, _, _) => shown!.GetCertHashString() == certificate.GetCertHashString());
        await tls.AuthenticateAsClientAsync("localhost");

        await tls.WriteAsync("GET /tls HTTP/1.0\r\n\r\n"u8.ToArray(), Token);
        Assert.EndsWith("unix /tls", await new StreamReader(tls).ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    private static void Greet(WebApplication app) => app.Run(http =>
        http.Response.WriteAsync($"{(http.Features.Get<IUnixPeerFeature>() is null ? "tcp" : "unix")} {http.Request.Path}"));
}
