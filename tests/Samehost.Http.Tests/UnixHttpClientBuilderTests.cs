using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Samehost.Http.Tests.Support;

namespace Samehost.Http.Tests;

/// <summary>Clients of IHttpClientFactory.</summary>
public sealed class UnixHttpClientBuilderTests : ClientTest
{
    [Fact(Timeout = 180_000)]
    public async Task A_client_of_the_factory_talks_to_the_local_server()
    {
        await using var server = await KestrelTestServer.StartAsync(
            SocketPath, app => app.MapGet("/where", (HttpRequest r) => $"{r.Host}"));
        var services = new ServiceCollection();
        services.AddHttpClient("local").UseUnixSocket($"unix:{SocketPath}");
        services.AddHttpClient("named", client => client.BaseAddress = new Uri("http://inventory")).UseUnixSocket(EndPoint);
        await using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();

        Assert.Equal("localhost", await factory.CreateClient("local").GetStringAsync("/where", Token));
        Assert.Equal("inventory", await factory.CreateClient("named").GetStringAsync("/where", Token));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_options_are_copied_when_they_are_registered(bool fromText)
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", () => "hi"));
        var options = new UnixConnectOptions { RequireServer = PeerPolicy.SelfAndRoot };
        var services = new ServiceCollection();
        var builder = services.AddHttpClient("local");
        _ = fromText ? builder.UseUnixSocket(SocketPath, options) : builder.UseUnixSocket(EndPoint, options);

        options.RequireServer = PeerPolicy.Parse("uid:4242");

        await using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("local");
        Assert.Equal("hi", await client.GetStringAsync("/", Token));
    }

    [Fact]
    public void An_address_without_a_name_is_refused_at_once() =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddHttpClient("local").UseUnixSocket(UnixEndPoint.Unnamed));

    [Fact]
    public void An_invalid_target_is_refused_at_once() =>
        Assert.Throws<FormatException>(() => new ServiceCollection().AddHttpClient("local").UseUnixSocket("tcp://localhost:2375"));
}
