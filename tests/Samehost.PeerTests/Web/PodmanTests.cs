using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>The Docker API of Podman.</summary>
public sealed class PodmanTests : WebPeerTest
{
    [Fact(Timeout = 180_000)]
    public async Task Our_client_lists_the_containers_of_Podman()
    {
        var podman = ForeignProgram.Podman;
        OrdinaryUser.NeedRoot();
        string[] store = ["--root", Path("root"), "--runroot", Path("run"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"];
        Directory.CreateDirectory(Path("empty"));
        await RunAsync(podman, [.. store, "create", "--name", "greeter", "--network", "none", "--rootfs", Path("empty"), "/bin/true"]);
        await using var service = RunningProgram.Start(podman, [.. store, "system", "service", "--time", "30", $"unix://{Socket}"]);
        await SocketTable.WaitForServerAsync(Socket);

        // A proxy that does not exist, because local requests do not use one.
        var containers = await RunAsync("env", "http_proxy=http://127.0.0.1:9", Programs.Sample("docker-list"), $"unix://{Socket}");

        Assert.Matches("^[0-9a-f]{12}  created +/greeter", Assert.Single(containers));
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_a_server_the_client_prints_a_hint()
    {
        await using var client = RunningProgram.Start("env", $"DOCKER_HOST=unix://{Socket}", Programs.Sample("docker-list"));

        await client.ExpectErrorAsync($"connect failed: No such file or directory (2): {Socket}");
        Assert.NotNull(await client.NextErrorAsync());
        Assert.Equal(1, await client.ExitStatusAsync());
    }
}
