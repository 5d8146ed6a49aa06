using System.Text.Json;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>gRPC in both directions: the samples, the gRPC client of Node, and a container runtime.</summary>
public sealed class CriTests : WebPeerTest
{
    private static readonly string Proto =
        System.IO.Path.GetFullPath(System.IO.Path.Join(AppContext.BaseDirectory, "../../../../../samples/cri/shared/runtime.proto"));

    [Fact(Timeout = 180_000)]
    public async Task A_client_in_Node_gets_the_version_of_our_runtime()
    {
        NodePrograms.Find("cri-version.js");
        await using var server = await StartServerAsync();
        await using var node = NodePrograms.Start("cri-version.js", Proto, $"unix:{Socket}");

        var answer = JsonDocument.Parse(await node.NextLineAsync() ?? "").RootElement;

        Assert.Equal("v1", answer.GetProperty("version").GetString());
        Assert.Equal("samehost", answer.GetProperty("runtime_name").GetString());
        Assert.EndsWith($"for {Environment.UserName}", answer.GetProperty("runtime_version").GetString(), StringComparison.Ordinal);
        await node.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_in_Node_gets_an_error_for_an_unknown_method()
    {
        NodePrograms.Find("cri-version.js");
        await using var server = await StartServerAsync();
        await using var node = NodePrograms.Start("cri-version.js", Proto, $"unix:{Socket}", "/runtime.v1.RuntimeService/Status");

        await node.ExpectAsync("UNIMPLEMENTED: there is no /runtime.v1.RuntimeService/Status");
        await node.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_sample_client_calls_the_sample_server_which_deletes_its_socket_file()
    {
        await using (var server = await StartServerAsync())
        {
            Assert.Equal(
                [$"samehost 0.1.0 for {Environment.UserName}, API v1"],
                await RunAsync(Programs.Sample("cri-client", "cri"), $"unix://{Socket}"));
            server.Signal(15);
            await server.ExpectExitAsync(0);
        }

        Assert.False(File.Exists(Socket));
    }

    [Fact(Timeout = 180_000)]
    public async Task Our_client_gets_the_version_of_a_runtime_in_Node()
    {
        await using var server = NodePrograms.Start("cri-server.js", Proto, $"unix:{Socket}");
        await server.ExpectAsync("serving");

        Assert.Equal(["node 1, API v1"], await RunAsync(Programs.Sample("cri-client", "cri"), $"unix:{Socket}"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Our_client_reports_the_error_of_a_runtime_in_Node()
    {
        await using var server = NodePrograms.Start("cri-server.js", Proto, $"unix:{Socket}", "asleep, by 100 %");
        await server.ExpectAsync("serving");
        await using var client = RunningProgram.Start(Programs.Sample("cri-client", "cri"), $"unix:{Socket}");

        await client.ExpectExitAsync(1, "asleep, by 100 % (gRPC status 14)");
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_a_runtime_the_client_prints_a_hint()
    {
        await using var client = RunningProgram.Start(Programs.Sample("cri-client", "cri"), $"unix://{Socket}");

        await client.ExpectErrorAsync($"connect failed: No such file or directory (2): {Socket}");
        Assert.NotNull(await client.NextErrorAsync());
        Assert.Equal(1, await client.ExitStatusAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_an_address_the_server_prints_its_usage()
    {
        await using var server = RunningProgram.Start(Programs.Sample("cri-server", "cri"));

        await server.ExpectExitAsync(2, "usage: cri-server <address>, for example unix:///run/user/1000/cri.sock");
    }

    [Fact(Timeout = 180_000)]
    public async Task Our_client_gets_the_version_of_containerd()
    {
        var containerd = ForeignProgram.Containerd;
        OrdinaryUser.NeedRoot();
        await File.WriteAllTextAsync(Path("config.toml"), $$"""
            version = 2
            root = "{{Path("root")}}"
            state = "{{Path("state")}}"
            disabled_plugins = ["io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
            [grpc]
              address = "{{Socket}}"
            [plugins."io.containerd.internal.v1.opt"]
              path = "{{Path("opt")}}"
            """, Stop);
        await using var runtime = RunningProgram.Start(containerd, "--config", Path("config.toml"), "--log-level", "info");
        while (await runtime.NextErrorAsync() is { } line && !line.Contains("successfully booted", StringComparison.Ordinal))
        {
        }

        var answer = await RunAsync(Programs.Sample("cri-client", "cri"), $"unix://{Socket}");

        Assert.Matches("^containerd .*, API v1$", Assert.Single(answer));
        runtime.Signal(15);
        await runtime.ExitStatusAsync();
    }

    private async Task<RunningProgram> StartServerAsync()
    {
        var server = RunningProgram.Start(Programs.Sample("cri-server", "cri"), $"unix:{Socket}");
        await server.ExpectAsync($"serving unix:{Socket}");
        return server;
    }
}
