using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Samehost.Hosting.Tests;

public sealed class ServerSettingsTests : HostTest
{
    [Fact]
    public void Every_setting_is_read()
    {
        using var host = Build(
            s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask),
            ("Greeter:Address", "unix:/run/greeter.sock"), ("Greeter:SystemdSocketName", "greeter"),
            ("Greeter:HandoverAddress", "/run/greeter.handover"), ("Greeter:Policy", "self,uid:7"), ("Greeter:Mode", "0660"),
            ("Greeter:Group", "root"), ("Greeter:ReplaceLive", "true"), ("Greeter:AllowUnsafeDirectory", "True"),
            ("Greeter:Backlog", "12"), ("Greeter:AcceptDescriptors", "true"), ("Greeter:MaxConnections", "3"),
            ("Greeter:MaxConnectionsPerUser", "2"), ("greeter:drainTimeout", "00:01:30"));

        var options = host.Services.GetRequiredService<IOptionsMonitor<UnixHostedServerOptions>>().Get("Greeter");

        var (server, listener) = (options.Server, options.Server.Listener);
        Assert.Equal(UnixEndPoint.FromPath("/run/greeter.sock"), options.EndPoint);
        Assert.Equal("greeter", options.SystemdSocketName);
        Assert.Equal(UnixEndPoint.FromPath("/run/greeter.handover"), options.HandoverEndPoint);
        Assert.Equal(PeerPolicy.AnyOf(PeerPolicy.Self, PeerPolicy.ForUserId(7)), listener.PeerPolicy);
        Assert.Equal(SocketFileMode.Parse("0660"), listener.SocketFile.Mode);
        Assert.Equal("root", listener.SocketFile.Group);
        Assert.True(listener.SocketFile.ReplaceLive);
        Assert.True(listener.SocketFile.AllowUnsafeDirectory);
        Assert.Equal(12, listener.Backlog);
        Assert.True(listener.AcceptDescriptors);
        Assert.Equal((3, 2), (server.MaxConnections, server.MaxConnectionsPerUser));
        Assert.Equal(TimeSpan.FromSeconds(90), server.DrainTimeout);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("Address", "localhost:8080")]
    [InlineData("Address", "")]
    [InlineData("HandoverAddress", "~/handover")]
    [InlineData("Policy", "group:no-such-group-here")]
    [InlineData("Policy", "everyone?")]
    [InlineData("Mode", "0999")]
    [InlineData("Mode", "u=rw")]
    [InlineData("Mode", "777777")]
    [InlineData("Mode", "010600")]
    [InlineData("ReplaceLive", "yes")]
    [InlineData("Backlog", "-1")]
    [InlineData("MaxConnections", "0")]
    [InlineData("MaxConnectionsPerUser", "many")]
    [InlineData("DrainTimeout", "10")]
    [InlineData("DrainTimeout", "-00:00:05")]
    [InlineData("Polcy", "self")]
    [InlineData("Mode:Value", "0600")]
    public async Task A_wrong_setting_fails_the_start_with_an_error_that_names_its_key(string key, string value)
    {
        using var host = Build(s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask), ($"Greeter:{key}", value));

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        var problem = Assert.Single(error.Failures);
        Assert.StartsWith($"Greeter:{key.Split(':')[0]}", problem, StringComparison.Ordinal);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void All_wrong_settings_are_reported_at_once()
    {
        using var host = Build(
            s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask), ("Greeter:Mode", "8"), ("Greeter:Backlog", "x"));

        var error = Assert.Throws<OptionsValidationException>(() => ServerOptions(host.Services));

        Assert.Equal(
            [
                "Greeter:Mode: '8' is not a mode of a socket file: use three octal digits, as in 0660, or names such as UserRead, "
                + "UserWrite.",
                "Greeter:Backlog: 'x' is not a whole number from 0.",
            ],
            error.Failures);
    }

    [Theory]
    [InlineData(null, "Greeter:Address is not set")]
    [InlineData("@greeter", "Greeter:Policy is not set")]
    public void A_missing_setting_is_named(string? address, string expected)
    {
        using var host = Build(s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask), ("Greeter:Address", address));

        var error = Assert.Throws<OptionsValidationException>(() => ServerOptions(host.Services));

        Assert.StartsWith(expected, Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_program_configures_comes_after_the_configuration()
    {
        using var host = Build(
            s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask, o => o.Server.MaxConnections *= 2),
            ("Greeter:MaxConnections", "4"));

        Assert.Equal(8, ServerOptions(host.Services).Server.MaxConnections);
    }

    private static UnixHostedServerOptions ServerOptions(IServiceProvider services) =>
        services.GetRequiredService<IOptionsMonitor<UnixHostedServerOptions>>().Get("Greeter");
}
