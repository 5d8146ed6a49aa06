using System.Diagnostics;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class HandoverTests : HandoverFixture
{
    [Fact(Timeout = 180_000)]
    public async Task Connections_are_handed_over_with_their_state_and_are_closed_in_the_predecessor()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, WithOffer);
        var clients = Enumerable.Range(0, 20).Select(_ => EchoClient.Connect(Path)).ToArray();
        foreach (var client in clients)
        {
            await client.SendAsync("12345");
            Assert.Equal("5\n", await client.ReceiveAsync(2));
        }

        await using var successor = StartPeer("handover-server");
        await successor.ExpectAsync("ready");
        successor.Send("accept");
        await successor.ExpectAsync("serving");
        await handover.Completion;
        Assert.Equal(0, server.ConnectionCount);
        foreach (var client in clients)
        {
            await client.SendAsync(" more\n");
            Assert.Equal("5 more\n", await client.ReceiveAsync(7));
        }

        // Clients see the credentials of the successor, not of the process that bound the socket.
        using var asking = EchoClient.Connect(Path);
        Assert.Equal(successor.Id, asking.Stream.GetPeerCredentials().ProcessId);
        await successor.KillAsync();
        foreach (var client in clients)
        {
            await client.ExpectClosedAsync(); // no other process has it
            client.Dispose();
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task The_path_belongs_to_the_successor_afterwards()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        var next = await AcceptAndServeAsync();
        await using var nextOffer = UnixHandover.Offer(Control, next, Plain); // at once, at the same address
        await handover.Completion;
        await handover.DisposeAsync();
        await server.DisposeAsync();
        Assert.Equal(["control.sock", "server.sock"], Directory.Names);
        await ExpectServedAsync();

        var third = await AcceptAndServeAsync();
        await nextOffer.Completion;
        await ExpectServedAsync();
        await third.DisposeAsync();
        Assert.Empty(Directory.Names);
        Assert.Empty(Failures);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_path_that_belongs_to_another_socket_by_now_is_not_removed()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        File.Delete(Directory["server.sock"]);
        using var other = UnixListener.Listen(Path);
        var next = await AcceptAndServeAsync();
        await handover.Completion;
        await next.DisposeAsync();
        Assert.Equal(["server.sock"], Directory.Names);
        using var client = UnixStream.Connect(Path);
        using var accepted = other.Accept();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_path_that_was_inherited_is_not_removed_by_the_successor_either()
    {
        using var manager = UnixListener.Listen(Path);
        await using var server = UnixServer.Start(UnixListener.FromDescriptor(manager.SafeHandle), Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        var next = await AcceptAndServeAsync();
        await handover.Completion;
        await ExpectServedAsync();
        await next.DisposeAsync();
        Assert.Equal(["server.sock"], Directory.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task Candidates_that_do_not_answer_block_no_other()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        using var silent = UnixSeqpacket.Connect(Control);
        await using var slow = StartPeer("handover-crash", "--role", "successor", "--at", "listener", "--wait", "1");
        await slow.ExpectAsync("at listener");

        var start = Stopwatch.GetTimestamp();
        await using var next = await AcceptAndServeAsync();
        await handover.Completion;
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(4), "It waited.");
        await ExpectServedAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_handover_to_a_successor_that_stops_answering_is_canceled_after_the_timeout()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        var options = new UnixHandoverOptions { StepTimeout = TimeSpan.FromMilliseconds(200), OnFailed = Failures.Enqueue };
        await using var handover = UnixHandover.Offer(Control, server, options);
        await using var accepted = await AcceptAsync();
        await Eventually.IsTrueAsync(() => Failures.Count == 1);
        Assert.IsType<TimeoutException>(Failures.Single());
        await Assert.ThrowsAsync<IOException>(() => CompleteAsync(accepted)); // it lives, and goes on
        await accepted.DisposeAsync();
        await ExpectServedAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task An_exception_of_a_callback_ends_only_that_handover()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, new UnixHandoverOptions
        {
            OfferConnections = static _ => throw new InvalidOperationException("on purpose"),
            OnFailed = e =>
            {
                Failures.Enqueue(e);
                throw new InvalidOperationException("again");
            },
        });
        await Assert.ThrowsAsync<IOException>(AcceptAndServeAsync);
        await Eventually.IsTrueAsync(() => !Failures.IsEmpty);
        Assert.Equal("on purpose", Assert.IsType<InvalidOperationException>(Assert.Single(Failures)).Message);
        await ExpectServedAsync();
        Assert.False(handover.Completion.IsCompleted);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_is_stopped_meanwhile_is_not_handed_over()
    {
        var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        await using var accepted = await AcceptAsync();
        Assert.True(await server.StopAsync());
        await Assert.ThrowsAsync<IOException>(() => CompleteAsync(accepted));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handover.Completion);
        Assert.Empty(Directory.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_offer_that_is_withdrawn_changes_nothing()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        var handover = UnixHandover.Offer(Control, server, Plain);
        await using var accepted = await AcceptAsync();
        await handover.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => CompleteAsync(accepted));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handover.Completion);
        Assert.Equal(["server.sock"], Directory.Names);
        await ExpectServedAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_candidate_that_accepts_descriptors_changes_nothing_for_the_predecessors_clients()
    {
        await using var server = UnixServer.Start(Path, async (stream, _) =>
        {
            Assert.False(stream.AcceptDescriptors);
            var buffer = new byte[8]; // larger than what comes: then a short read has emptied the socket only if nothing is refused
            for (var sum = 0; sum < 2;)
                sum += await stream.ReadAsync(buffer, CancellationToken.None);
            await stream.WriteAsync(buffer.AsMemory(0, 1), CancellationToken.None);
        });
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        await using (await AcceptAsync(options: new UnixListenerOptions { AcceptDescriptors = true }))
        {
            using var client = UnixStream.Connect(Path);
            foreach (var _ in new[] { 1, 2 })
            {
                try
                {
                    client.Send("x"u8, [client.SafeHandle]);
                }
                catch (UnixSocketException e) when (e.Errno == Errno.EPERM)
                {
                    client.WriteByte(1); // refused already by the kernel
                }
            }
            var answer = new byte[1];
            Assert.Equal(1, await client.ReadAsync(answer, TestContext.Current.CancellationToken));
        }
        await using var next = await AcceptAndServeAsync();
        await handover.Completion;
    }

    [Fact(Timeout = 180_000)]
    public async Task A_candidate_that_accepts_no_descriptors_keeps_none_from_the_predecessor()
    {
        await using var server = UnixServer.Start(Path, static async (stream, stopping) =>
        {
            using var message = await stream.ReceiveAsync(new byte[8], null, stopping);
            await stream.WriteAsync(new[] { (byte)message.Descriptors.Count }, CancellationToken.None);
            await Task.Delay(Timeout.Infinite, stopping);
        }, new UnixServerOptions { MaxConnections = 1, Listener = new UnixListenerOptions { AcceptDescriptors = true } });
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        var first = UnixStream.Connect(Path);
        await Eventually.IsTrueAsync(() => server.ConnectionCount == 1);
        await (await AcceptAsync()).DisposeAsync();
        using var waiting = UnixStream.Connect(Path); // until there is room: so far only the kernel knows it
        waiting.Send("x"u8, [waiting.SafeHandle]);
        first.Dispose();
        var answer = new byte[1];
        Assert.Equal(1, await waiting.ReadAsync(answer, TestContext.Current.CancellationToken));
        Assert.Equal(1, answer[0]);
    }

    [Fact(Timeout = 180_000)]
    public async Task Seqpacket_servers_are_handed_over_too()
    {
        await using var server = UnixServer.StartSeqpacket(Path, static (_, _) => Task.CompletedTask);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        await using var accepted = await AcceptAsync();
        Assert.Null(accepted.Listener);
        await using var next = UnixServer.StartSeqpacket(
            accepted.SeqpacketListener!, static async (c, token) => await c.SendAsync("hello"u8.ToArray(), token));
        await CompleteAsync(accepted);
        await handover.Completion;
        using var client = UnixSeqpacket.Connect(Path);
        var buffer = new byte[16];
        using var record = client.Receive(buffer);
        Assert.Equal("hello"u8, buffer.AsSpan(0, record.Count));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_successor_that_the_policy_does_not_allow_is_refused()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        var options = new UnixHandoverOptions { SuccessorPolicy = PeerPolicy.Parse("uid:54321"), OnFailed = Failures.Enqueue };
        await using var handover = UnixHandover.Offer(Control, server, options);
        await ExpectRefusedAsync(() => AcceptAsync());
        var other = await Assert.ThrowsAsync<UnixSocketException>(
            () => AcceptAsync(PeerPolicy.Parse("uid:54321")));
        Assert.Equal(Errno.EACCES, other.Errno);
        await ExpectServedAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Another_user_is_refused_even_if_the_control_file_is_accessible()
    {
        if (!OrdinaryUser.WeAreRoot)
        {
            await A_successor_that_the_policy_does_not_allow_is_refused(); // one user cannot be two
            return;
        }
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        string[] arguments = ["handover-server", Directory["server.sock"], "--control", Directory["control.sock"]];
        await using var other = PeerProcess.StartAsOrdinaryUser(Directory, arguments);
        await other.ExpectAsync("ready");
        File.SetUnixFileMode(Directory["control.sock"], (UnixFileMode)0b110_110_110);
        other.Send("accept");
        Assert.NotEqual("serving", await other.ReadLineAsync());
        Assert.NotEqual(0, await other.WaitAsync());
        await ExpectServedAsync();
        Assert.False(handover.Completion.IsCompleted);
    }

    private static async Task ExpectRefusedAsync(Func<Task> request)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(request);
        Assert.True(error is IOException or UnixSocketException { Errno: Errno.ECONNRESET or Errno.EPIPE }, error.ToString());
    }
}
