using System.Net.Sockets;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Sockets of other containers, and of services with a network of their own.</summary>
public sealed class NamespaceTests
{
    private const int Limit = 60_000;

    [Fact(Timeout = Limit)]
    public async Task A_full_backlog_in_another_network_namespace_is_seen_by_root()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        CallingUser server = await folder.StartAsync("unshare", "--net"), client = await folder.StartAsync();
        var path = folder["app.sock"];
        Assert.Equal(Errno.None, await server.CallAsync("keep", path, backlog: 0));
        folder.Connect(path);

        var explained = UnixExplanation.ExplainConnect(path);
        Assert.Equal(Errno.EAGAIN, await client.CallAsync("connect", path));
        Assert.Equal(Errno.EAGAIN, explained.Verdict.Errno);
        Assert.Equal((1, 0), (explained.Socket?.Pending, explained.Socket?.Backlog));
        Assert.Single(explained.Socket!.Processes);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_is_found_whose_container_has_the_directory_elsewhere(bool probe)
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string here = folder.Temp.MakeDirectory("here", 0b111_101_101), there = folder.Temp.MakeDirectory("there", 0b111_101_101);
        var server = await folder.StartAsync(
            "unshare", "--net", "--mount", "sh", "-c", $"mount --bind {here} {there} && exec \"$0\" \"$@\"");
        Assert.Equal(Errno.None, await server.CallAsync("keep", there + "/app.sock", backlog: 8));

        var explained = UnixExplanation.ExplainConnect(here + "/app.sock", new() { Probe = probe });
        Assert.Equal(UnixOutcome.Works, explained.Verdict.Outcome);
        Assert.Single(explained.Socket!.Processes);
    }

    [Fact(Timeout = Limit)]
    public async Task A_receiver_that_has_an_abstract_name_and_clients_is_named_to_other_kinds()
    {
        await using var folder = new SituationDirectory();
        var name = $"@app-{Guid.NewGuid():N}";
        await using var receiver = UnixDatagram.Bind(UnixEndPoint.Parse(name), new() { PeerPolicy = PeerPolicy.SelfAndRoot });
        await using var client = UnixDatagram.Create();
        client.Connect(UnixEndPoint.Parse(name));

        var verdict = UnixExplanation.ExplainConnect(name, new() { SocketType = SocketType.Seqpacket }).Verdict;
        Assert.Equal(Errno.ECONNREFUSED, verdict.Errno);
        Assert.Contains("a datagram socket has", verdict.Reason, StringComparison.Ordinal);
    }
}
