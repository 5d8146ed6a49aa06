using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>Whichever process of a handover is killed, and whenever: a server remains at the same path.</summary>
public sealed class HandoverCrashTests : HandoverFixture
{
    [Theory(Timeout = 180_000)]
    [InlineData("connected")]
    [InlineData("request 1")]
    [InlineData("listener")]
    [InlineData("ready")]
    [InlineData("connection")]
    [InlineData("commit")]
    public async Task A_killed_successor_changes_nothing(string step)
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync, new UnixServerOptions { MaxConnections = 3 });
        await using var handover = UnixHandover.Offer(Control, server, WithOffer);
        using var client = EchoClient.Connect(Path);
        await client.SendAsync("1234");
        Assert.Equal("4\n", await client.ReceiveAsync(2));

        for (var times = 1; times <= 2; times++)
        {
            await using var successor = StartPeer("handover-crash", "--role", "successor", "--at", step);
            await successor.ExpectAsync($"at {step}");
            await successor.WaitAsync();
            await Eventually.IsTrueAsync(() => Failures.Count == times);
            await ExpectServedAsync();
        }

        await client.SendAsync("56");
        Assert.Equal("6\n", await client.ReceiveAsync(2));
        Assert.Equal(["control.sock", "server.sock"], Directory.Names);
        Assert.False(handover.Completion.IsCompleted);

        // And the next successor gets it all.
        await using var next = await AcceptAndServeAsync();
        await handover.Completion;
        await client.SendAsync("7");
        Assert.Equal("7\n", await client.ReceiveAsync(2));
        await ExpectServedAsync();
    }

    [Theory(Timeout = 180_000)]
    [InlineData("connected")]
    [InlineData("request 1")]
    public async Task A_predecessor_that_is_killed_before_it_has_shared_its_socket_leaves_a_stale_file(string step)
    {
        await using var predecessor = StartPeer("handover-crash", "--role", "predecessor", "--at", step);
        await predecessor.ExpectAsync("ready");
        var error = await Assert.ThrowsAnyAsync<Exception>(() => AcceptAsync());
        Assert.True(error is IOException or UnixSocketException { Errno: Errno.ECONNRESET or Errno.EPIPE }, error.ToString());
        await predecessor.WaitAsync();
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await ExpectServedAsync();
    }

    [Theory(Timeout = 180_000)]
    [InlineData("listener")]
    [InlineData("ready")]
    [InlineData("commit")]
    [InlineData("confirmed")]
    public async Task A_successor_takes_the_place_of_a_killed_predecessor(string step)
    {
        await using var predecessor = StartPeer("handover-crash", "--role", "predecessor", "--at", step);
        await predecessor.ExpectAsync("ready");
        using var early = EchoClient.Connect(Path); // waits in the backlog: that predecessor does not accept
        await using (var accepted = await AcceptAsync())
        {
            await using var server = UnixServer.Start(accepted.Listener!, Connections.ServeAsync);
            Assert.Empty(await CompleteAsync(accepted));
            await early.SendAsync("12");
            Assert.Equal("2\n", await early.ReceiveAsync(2));
            await ExpectServedAsync();
            Assert.Contains("server.sock", Directory.Names);
        }
        Assert.DoesNotContain("server.sock", Directory.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("listener")]
    [InlineData("commit")]
    public async Task A_successor_does_not_take_the_place_of_a_predecessor_that_has_removed_its_path(string step)
    {
        await using var predecessor = StartPeer("handover-crash", "--role", "predecessor", "--at", step, "--wait", "1");
        await predecessor.ExpectAsync("ready");
        await using (var accepted = await AcceptAsync())
        {
            var confirmed = CompleteAsync(accepted);
            await predecessor.ExpectAsync($"at {step}");
            File.Delete(Directory["server.sock"]); // as one does that stops
            await predecessor.KillAsync();
            await Assert.ThrowsAsync<IOException>(() => confirmed);
        }
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await ExpectServedAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_successor_that_is_killed_while_it_serves_loses_no_request_in_the_backlog()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        await using var successor = StartPeer("handover-crash", "--role", "successor", "--at", "ready", "--wait", "1");
        await successor.ExpectAsync("at ready");
        using var client = EchoClient.Connect(Path); // not served, or still by us
        await client.SendAsync("123");
        await successor.KillAsync();
        Assert.Equal("3\n", await client.ReceiveAsync(2));
    }

    /// <summary>Two deployments at once: the second has the predecessor's socket, too, and must not take it from the first.</summary>
    [Fact(Timeout = 180_000)]
    public async Task Only_one_of_several_successors_has_the_socket_even_if_the_predecessor_has_ended()
    {
        await using PeerProcess predecessor = await StartServingAsync(), first = await StartReadyAsync();
        await using (var second = await AcceptAsync())
        {
            first.Send("accept");
            await first.ExpectAsync("serving");
            await predecessor.KillAsync();
            var refused = await Assert.ThrowsAsync<IOException>(() => CompleteAsync(second));
            Assert.Contains("another successor", refused.Message, StringComparison.Ordinal);
        }

        using var client = EchoClient.Connect(Path);
        await client.SendAsync("x\n");
        Assert.Equal("x\n", await client.ReceiveAsync(2));
        Assert.Equal(first.Id, client.Stream.GetPeerCredentials().ProcessId);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_first_of_several_successors_of_a_killed_predecessor_gets_the_socket()
    {
        await using PeerProcess predecessor = await StartServingAsync(), other = await StartReadyAsync();
        await using var accepted = await AcceptAsync();
        other.Send("request");
        await other.ExpectAsync("requested");
        await predecessor.KillAsync();
        await using var server = UnixServer.Start(accepted.Listener!, Connections.ServeAsync);
        Assert.Empty(await CompleteAsync(accepted));
        other.Send("confirm");
        await other.ExpectAsync("not confirmed");
        await ExpectServedAsync();
    }

    private async Task<PeerProcess> StartServingAsync()
    {
        var peer = await StartReadyAsync();
        peer.Send("listen");
        await peer.ExpectAsync("serving");
        return peer;
    }

    private async Task<PeerProcess> StartReadyAsync()
    {
        var peer = StartPeer("handover-server");
        await peer.ExpectAsync("ready");
        return peer;
    }
}
