using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tests.Errors;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>The probe of a socket: what it finds out, and that no server notices it.</summary>
[Collection(NonParallel.Name)]
public sealed class ProbeTests
{
    private const int Limit = 60_000;

    private static readonly UnixExplainOptions LookOnly = new() { Probe = false };

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Servers_do_not_notice_the_inspection(bool probe)
    {
        await using var folder = new SituationDirectory();
        string[] paths =
        [
            folder.Serve("stream.sock", backlog: 0),
            folder.Serve("seqpacket.sock", SocketType.Seqpacket, backlog: 0),
            folder.Bind("datagram.sock", SocketType.Dgram, out var datagram),
        ];
        foreach (var kind in CallingUser.Types)
        {
            foreach (var path in paths)
            {
                Assert.NotNull(UnixExplanation.ExplainConnect(path, new() { Probe = probe, SocketType = kind }).Socket);
                Assert.Equal(Errno.EADDRINUSE, UnixExplanation.ExplainBind(path, new() { Probe = probe, SocketType = kind }).Verdict.Errno);
            }
        }
        var table = UnixSocketTable.Read(withProcesses: false);
        Assert.Equal(0, table.BoundTo(UnixEndPoint.FromPath(paths[0])).Single().Pending);
        Assert.Equal(0, table.BoundTo(UnixEndPoint.FromPath(paths[1])).Single().Pending);
        Assert.Equal(0, table.BoundTo(UnixEndPoint.FromPath(paths[2])).Single().ReceiveQueue);
        // And a client that is in earnest finds the datagram socket free.
        using var client = FailingCalls.Socket(LibcSocket.SOCK_DGRAM);
        Assert.Null(FailingCalls.Connect(client, UnixEndPoint.FromPath(paths[2])));
        Assert.False(datagram.IsClosed);
    }

    [Fact(Timeout = Limit)]
    public async Task The_socket_table_alone_has_most_of_the_facts()
    {
        await using var folder = new SituationDirectory();
        var datagram = folder.Serve("c.sock", SocketType.Dgram);

        Assert.Equal(UnixOutcome.Works, UnixExplanation.ExplainConnect(folder.Serve("a.sock"), LookOnly).Verdict.Outcome);
        Assert.Equal(Errno.ECONNREFUSED, UnixExplanation.ExplainConnect(folder.LeaveStaleFile("b.sock"), LookOnly).Verdict.Errno);
        Assert.Equal(Errno.EPROTOTYPE, UnixExplanation.ExplainConnect(datagram, LookOnly).Verdict.Errno);
    }

    [Theory(Timeout = Limit)]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Seqpacket)]
    [InlineData(SocketType.Dgram)]
    public async Task A_path_works_across_network_namespaces_and_its_server_is_found_there(SocketType kind)
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        CallingUser server = await folder.StartAsync("unshare", "--net"), client = await folder.StartAsync();
        var path = folder["app.sock"];
        Assert.Equal(Errno.None, await server.CallAsync("keep", path, kind, kind == SocketType.Dgram ? null : 8));

        foreach (var asking in CallingUser.Types)
        {
            var real = await client.CallAsync("connect", path, asking);
            Assert.Equal(real, UnixExplanation.ExplainConnect(path, new() { SocketType = asking }).Verdict.Errno);
            Assert.Equal(real, UnixExplanation.ExplainConnect(path, new() { SocketType = asking, Probe = false }).Verdict.Errno);
        }
        Assert.Contains("another network namespace", Assert.Single(UnixExplanation.ExplainConnect(path).Notes), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_bound_client_is_not_a_server()
    {
        await using var folder = new SituationDirectory();
        string server = folder.Serve("server.sock"), path = folder.Bind("client.sock", SocketType.Stream, out var client);
        Assert.Null(FailingCalls.Connect(client, UnixEndPoint.FromPath(server)));

        var verdict = UnixExplanation.ExplainConnect(path).Verdict;
        Assert.Equal(FailingCalls.Connect(UnixEndPoint.FromPath(path))!.Errno, verdict.Errno);
        Assert.Contains("it is a client's", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task An_accepted_connection_does_not_keep_its_listeners_file_alive()
    {
        await using var folder = new SituationDirectory();
        var path = folder.Bind("app.sock", SocketType.Stream, out var listener);
        Assert.Equal(0, LibcSocket.Listen(listener, 4));
        folder.Connect(path);
        using var accepted = new Descriptor(LibcSocket.Accept(listener));
        Assert.False(accepted.IsInvalid);
        listener.Dispose();

        foreach (var probe in (bool[])[true, false])
        {
            var verdict = UnixExplanation.ExplainConnect(path, new() { Probe = probe }).Verdict;
            Assert.Equal(FailingCalls.Connect(UnixEndPoint.FromPath(path))!.Errno, verdict.Errno);
            Assert.Contains("stale", verdict.Reason, StringComparison.Ordinal);
        }
    }
}
