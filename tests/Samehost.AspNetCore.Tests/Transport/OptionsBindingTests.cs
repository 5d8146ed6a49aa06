using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Options that are bound from configuration.</summary>
public sealed class OptionsBindingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_options_of_an_endpoint_are_bound_and_apply()
    {
        var configuration = Configure(
            ("PeerPolicy", "self,root"), ("SocketFile:Mode", "0640"), ("MaxConnections", "7"), ("SocketFile:LockTimeout", "00:00:01"));
        await using var server = await WebServer.StartAsync(
            app => app.Run(http => http.Response.WriteAsync("Hi")),
            listen =>
            {
                configuration.Bind(listen);
                Assert.Equal(PeerPolicy.SelfAndRoot, listen.PeerPolicy);
                Assert.Equal(7, listen.MaxConnections);
            });
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(server.Path));
        using var client = server.NewClient();
        Assert.Equal("Hi", await client.GetStringAsync("/", Token));
    }

    [Fact]
    public void Options_of_clients_servers_and_of_an_application_are_bound()
    {
        Assert.Equal(PeerPolicy.Root, Configure(("RequireServer", "root")).Get<UnixConnectOptions>()!.RequireServer);

        var listener = Configure(("SocketFile:Mode", "660"), ("PeerPolicy", "anyone"), ("Backlog", "5")).Get<UnixListenerOptions>()!;
        Assert.Equal("0660", listener.SocketFile.Mode.ToString());
        Assert.Equal((PeerPolicy.Anyone, 5), (listener.PeerPolicy, listener.Backlog));

        using var services = new ServiceCollection().Configure<Settings>(Configure(("Address", "unix:/run/a.sock"), ("Mode", "600")))
            .BuildServiceProvider();
        var settings = services.GetRequiredService<IOptions<Settings>>().Value;
        Assert.Equal(UnixEndPoint.Parse("/run/a.sock"), settings.Address);
        Assert.Equal("0600", settings.Mode.ToString());
    }

    [Theory]
    [InlineData("Address", "run/a\0", "NUL")]
    [InlineData("Policy", "self,bla", "'bla' is not a term of a policy")]
    [InlineData("Mode", "0680", "'0680' is not a mode of a socket file: use three octal digits, as in 0660")]
    public void A_value_that_is_not_valid_is_named_with_its_key_and_the_reason(string key, string value, string reason)
    {
        var problem = Assert.Throws<InvalidOperationException>(() => Configure((key, value)).Get<Settings>());
        Assert.Contains($"'{key}'", problem.Message, StringComparison.Ordinal);
        Assert.Contains(reason, problem.InnerException!.Message, StringComparison.Ordinal);
    }

    private static IConfigurationRoot Configure(params (string Key, string? Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Key, v.Value))).Build();

    private sealed class Settings
    {
        public UnixEndPoint? Address { get; set; }

        public PeerPolicy? Policy { get; set; }

        public SocketFileMode Mode { get; set; }
    }
}
