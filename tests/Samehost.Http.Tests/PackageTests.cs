using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Samehost.Http.Tests.Support;

namespace Samehost.Http.Tests;

/// <summary>What a program that references only this package gets: Samehost.HttpPeer is one.</summary>
public sealed class PackageTests : ClientTest
{
    private static string PeerPath { get; } = Path.GetFullPath(typeof(PackageTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HttpPeerPath").Value!, AppContext.BaseDirectory);

    [Fact(Timeout = 180_000)]
    public async Task A_console_program_that_references_only_this_package_calls_a_local_server()
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", () => "hello"));
        var host = Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());
        using var peer = Process.Start(new ProcessStartInfo(host, ["exec", PeerPath, SocketPath])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = peer.StandardError.ReadToEndAsync(Token);
        var output = await peer.StandardOutput.ReadToEndAsync(Token);
        await peer.WaitForExitAsync(Token);

        Assert.Equal("", await errors);
        Assert.Equal("hello\nhello\n", output);
    }

    [Fact]
    public void The_runtime_alone_is_the_only_shared_framework_that_it_needs()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(PeerPath, ".runtimeconfig.json")));

        var framework = config.RootElement.GetProperty("runtimeOptions").GetProperty("framework");

        Assert.Equal("Microsoft.NETCore.App", framework.GetProperty("name").GetString());
    }

    [Fact]
    public void Nothing_of_ASP_NET_Core_is_among_its_dependencies()
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(PeerPath, ".deps.json")));

        string[] names = [.. dependencies.RootElement.GetProperty("libraries").EnumerateObject().Select(l => l.Name.Split('/')[0])];

        Assert.Contains("Samehost.Http", names);
        Assert.All(names, name => Assert.Matches("^(?:Samehost(?:\\.Http(?:Peer)?)?|Microsoft\\.Extensions\\..*)$", name));
        Assert.DoesNotContain(
            typeof(UnixHttp).Assembly.GetReferencedAssemblies(), a => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }
}
