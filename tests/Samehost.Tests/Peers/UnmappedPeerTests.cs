using Samehost.Tests.Sockets;
using Xunit;

namespace Samehost.Tests.Peers;

/// <summary>Peers in other namespaces, whose numbers do not say who they are (namespaces(7)).</summary>
public sealed class UnmappedPeerTests : SocketTest
{
    private static UnixListenerOptions For(string policy) => new()
    {
        PeerPolicy = PeerPolicy.Parse(policy),
        SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 },
    };

    [Theory(Timeout = Limit)]
    [InlineData("self")]
    [InlineData("gid:0")]
    public async Task A_peer_outside_our_process_namespace_is_allowed_by_its_user_and_its_group(string policy)
    {
        OtherUser.NeedsRoot();
        // We are inside: what connects from outside has no number in there.
        string[] inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
        await using var server = PeerProcess.StartUnder(Temp, inside, "report-credentials", Temp["a"], "--policy", policy);
        await server.ExpectAsync("ready");
        using (var client = await UnixStream.ConnectAsync(At("a"), null, Token))
            await server.ExpectAsync("0 known allowed");
        await server.ExpectAsync("received 0");
    }

    [Fact(Timeout = Limit)]
    public async Task A_refused_peer_outside_our_process_namespace_is_named_with_that_namespace()
    {
        OtherUser.NeedsRoot();
        string[] inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
        await using var server = PeerProcess.StartUnder(Temp, inside, "report-credentials", Temp["a"],
            "--policy", "uid:12345", "--describe", "yes");
        await server.ExpectAsync("ready");
        using var client = await UnixStream.ConnectAsync(At("a"), null, Token);
        await server.ExpectAsync("root (uid 0, gid 0, in another pid namespace)");
        await server.ExpectAsync("0 known refused");
    }

    [Theory(Timeout = Limit)]
    [InlineData("uid:12345", true)]
    [InlineData("root", false)]
    [InlineData("self", false)]
    public async Task A_root_of_a_user_namespace_is_checked_as_its_real_user(string policy, bool allowed)
    {
        OtherUser.NeedsRoot();
        using var listener = UnixListener.Listen(At("a"), For(policy));
        var accepting = listener.AcceptAsync(Token).AsTask();
        string[] root = [.. OtherUser.With(), "unshare", "--user", "--map-root-user"];
        await using var peer = PeerProcess.StartUnder(Temp, root, "scripted-client", Temp["a"]);
        Assert.SkipWhen(await peer.ReadLineAsync() != "ready", "allow user namespaces (sysctl user.max_user_namespaces)");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        if (allowed)
        {
            using var accepted = await accepting;
            Assert.Equal(OtherUser.Id, accepted.GetPeerCredentials().UserId);
            return;
        }

        Assert.Equal("end", await peer.AskAsync("receive"));
        Assert.False(accepting.IsCompleted);
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
    }

    [Theory(Timeout = Limit)]
    [InlineData("uid:65534,gid:65534,self,root", "65534 unmapped refused")]
    [InlineData("anyone", "65534 unmapped allowed")]
    public async Task Inside_a_user_namespace_the_overflow_user_is_unmapped(string policy, string verdict)
    {
        OtherUser.NeedsRoot();
        string[] inside = ["unshare", "--user", "--map-root-user"];
        await using var server = PeerProcess.StartUnder(Temp, inside, "report-credentials", Temp["a"], "--policy", policy, "--mode", "666");
        Assert.SkipWhen(await server.ReadLineAsync() != "ready", "allow user namespaces (sysctl user.max_user_namespaces)");
        await using var peer = PeerProcess.StartUnder(Temp, OtherUser.With(), "scripted-client", Temp["a"]);
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        await server.ExpectAsync(verdict);
    }

    [Fact(Timeout = Limit)]
    public async Task With_a_full_user_map_the_overflow_user_is_an_ordinary_user()
    {
        OtherUser.NeedsRoot();
        using var listener = UnixListener.Listen(At("a"), For("uid:65534"));
        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "scripted-client", Temp["a"]);
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        using var accepted = await listener.AcceptAsync(Token);
        Assert.Equal(65534u, accepted.GetPeerCredentials().UserId);
    }

    [Fact(Timeout = Limit)]
    public async Task A_datagram_from_outside_our_process_namespace_is_allowed_by_its_user()
    {
        OtherUser.NeedsRoot();
        string[] inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
        await using var server = PeerProcess.StartUnder(Temp, inside, "report-credentials", Temp["a"], "--type", "datagram", "--policy",
            "self");
        await server.ExpectAsync("ready");
        using var sender = UnixDatagram.Create();
        await sender.SendToAsync(new byte[3], At("a"), Token);
        await server.ExpectAsync("0 known allowed");
        await server.ExpectAsync("received 3");
    }

    [Fact(Timeout = Limit)]
    public async Task A_datagram_from_a_process_namespace_within_ours_has_its_number_here()
    {
        OtherUser.NeedsRoot();
        using var socket = UnixDatagram.Bind(At("a"), new UnixDatagramOptions { ReceiveCredentials = true });
        string[] inside = ["unshare", "--pid", "--fork", "--kill-child"];
        await using var peer = PeerProcess.StartUnder(Temp, inside, "scripted-client", Temp["a"], "--type", "datagram");
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        Assert.Equal("sent", await peer.AskAsync("send hello"));
        using var message = await socket.ReceiveAsync(new byte[10], null, Token);
        // Its namespace lies within ours, so it is mapped here too.
        Assert.False(message.Credentials!.IsUnmapped);
        Assert.Equal(message.Process!.Id, message.Credentials.ProcessId);
    }
}
