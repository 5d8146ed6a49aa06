using Samehost.Tests.Errors;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Each way in which listening and connecting can fail, provoked.</summary>
[Collection(Support.NonParallel.Name)]
public sealed class ConnectErrorTests : SocketTest
{
    private static readonly UnixConnectOptions AtOnce = new() { BacklogTimeout = TimeSpan.Zero };

    [Fact(Timeout = Limit)]
    public Task A_missing_path_is_ENOENT() => FailsAsync(Errno.ENOENT, At("none"));

    [Fact(Timeout = Limit)]
    public async Task A_stale_socket_file_is_ECONNREFUSED()
    {
        FailingCalls.Listening(At("s")).Dispose();

        await FailsAsync(Errno.ECONNREFUSED, At("s"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_that_does_not_listen_yet_is_ECONNREFUSED()
    {
        using var bound = FailingCalls.Bound(At("s"));

        await FailsAsync(Errno.ECONNREFUSED, At("s"));
    }

    [Fact(Timeout = Limit)]
    public Task An_abstract_name_that_no_socket_has_is_ECONNREFUSED() => FailsAsync(Errno.ECONNREFUSED, AbstractName());

    [Fact(Timeout = Limit)]
    public async Task A_stream_does_not_reach_a_datagram_socket_EPROTOTYPE()
    {
        using var datagram = UnixDatagram.Bind(At("s"));

        await FailsAsync(Errno.EPROTOTYPE, At("s"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_in_the_middle_of_the_path_is_ENOTDIR()
    {
        File.WriteAllText(Temp["f"], "");

        await FailsAsync(Errno.ENOTDIR, At("f/s"));
        Failures.Is(Errno.ENOTDIR, "bind", Assert.Throws<UnixSocketException>(() => UnixListener.Listen(At("f/s"))));
    }

    [Fact(Timeout = Limit)]
    public async Task Links_in_a_circle_are_ELOOP()
    {
        File.CreateSymbolicLink(Temp["a"], "b");
        File.CreateSymbolicLink(Temp["b"], "a");

        await FailsAsync(Errno.ELOOP, At("a/s"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_link_to_a_name_beyond_255_bytes_is_ENAMETOOLONG()
    {
        File.CreateSymbolicLink(Temp["l"], new string('a', 256));

        await FailsAsync(Errno.ENAMETOOLONG, At("l"));
    }

    [Fact]
    public void A_path_of_4096_bytes_is_refused_before_any_call()
    {
        var failure = Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath("/" + new string('a', 4095)));

        Assert.Contains("4096", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_listener_is_EADDRINUSE_and_the_first_one_is_not_disturbed()
    {
        foreach (var endPoint in new[] { At("s"), AbstractName() })
        {
            using var listener = UnixListener.Listen(endPoint, ForUs);

            Failures.Is(Errno.EADDRINUSE, "bind", Assert.Throws<UnixSocketException>(() => UnixListener.Listen(endPoint, ForUs)), endPoint);

            using var client = UnixStream.Connect(endPoint);
            using var server = listener.Accept();
            Passes(client, server);
        }
    }

    [Fact]
    public void A_second_bound_datagram_socket_is_EADDRINUSE()
    {
        using var first = UnixDatagram.Bind(At("s"));

        Failures.Is(Errno.EADDRINUSE, "bind", Assert.Throws<UnixSocketException>(() => UnixDatagram.Bind(At("s"))), At("s"));
    }

    [Fact]
    public void A_path_whose_server_has_ended_can_be_listened_on_again()
    {
        FailingCalls.Listening(At("s")).Dispose();

        using var listener = UnixListener.Listen(At("s"));
        using var client = UnixStream.Connect(At("s"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_full_backlog_is_EAGAIN_when_there_is_no_time_to_wait()
    {
        using var listener = UnixListener.Listen(At("s"), new UnixListenerOptions { Backlog = 0 });
        using var first = UnixStream.Connect(At("s"));

        await FailsAsync(Errno.EAGAIN, At("s"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Another_users_socket_is_EACCES()
    {
        using var listener = UnixListener.Listen(At("s"));
        File.SetUnixFileMode(Temp["s"], UnixFileMode.None); // where this is not root, the other user is ourselves
        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "connect", Temp["s"]);

        await peer.ExpectAsync("failed EACCES connect failed: Permission denied (13)");
        Assert.NotEqual("", await peer.ReadLineAsync());
        Assert.Equal(1, await peer.WaitAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task When_no_descriptors_are_left_each_call_is_EMFILE_and_no_connection_is_lost()
    {
        await using var peer = PeerProcess.StartWithDescriptors(250, "exhaust-descriptors", Temp["s"]);
        await peer.ExpectAsync("ready");

        foreach (var call in new[] { "socket", "socketpair", "socketpair", "socket", "socket", "accept", "dup", "dup" })
            await peer.ExpectAsync($"EMFILE TooManyOpenSockets {call} failed: Too many open files (24); hint");
        await peer.ExpectAsync("accepted");
        Assert.Equal(0, await peer.WaitAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_descriptors_for_an_event_loop_the_call_fails_and_leaves_nothing_open()
    {
        await using var peer = PeerProcess.StartWithDescriptors(250, "last-descriptors", Temp["s"]);
        await peer.ExpectAsync("read failed, serve EMFILE, path removed, connect ENOENT, bind EMFILE, path removed");
        await peer.ExpectAsync("hello 0");
        Assert.Equal(0, await peer.WaitAsync());
    }

    private static async Task FailsAsync(Errno errno, UnixEndPoint endPoint)
    {
        Failures.Is(errno, "connect", Assert.Throws<UnixSocketException>(() => UnixStream.Connect(endPoint, AtOnce)), endPoint);
        Failures.Is(
            errno,
            "connect",
            await Assert.ThrowsAsync<UnixSocketException>(async () => await UnixStream.ConnectAsync(endPoint, AtOnce, Token)),
            endPoint);
    }
}
