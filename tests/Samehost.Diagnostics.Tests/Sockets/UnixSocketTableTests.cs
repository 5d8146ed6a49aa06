using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Samehost.Interop;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Sockets;

/// <summary>What the table says of sockets that the test made itself.</summary>
[Collection(NonParallel.Name)]
public sealed class UnixSocketTableTests : SocketTest
{
    [Fact]
    public void A_listener_is_listed_with_its_file_its_backlog_and_its_processes()
    {
        using var listener = UnixListener.Listen(At("a"), new UnixListenerOptions { Backlog = 7 });
        var socket = Assert.Single(UnixSocketTable.Read().BoundTo(At("a")));

        Assert.Equal(SocketType.Stream, socket.SocketType);
        Assert.Equal(UnixSocketState.Listening, socket.State);
        Assert.Equal((0, 7), (socket.Pending, socket.Backlog));
        Assert.Equal(LibcIdentity.EffectiveUser(), socket.UserId);
        Assert.True(LibcFile.LinkStatus(Encoding.UTF8.GetBytes(Temp["a"]), out var file) >= 0);
        Assert.Equal((uint)file.Id.Inode, socket.File?.Inode);
        AssertIsOurs(socket, listener.SafeHandle);
        Assert.Equal($"stream listening {Temp["a"]} [{socket.Inode}]", socket.ToString());
    }

    [Fact(Timeout = Limit)]
    public async Task Both_ends_of_a_connection_and_its_listener_are_one_connection()
    {
        using var listener = UnixListener.Listen(At("a"));
        var (client, server) = await ConnectAsync(listener);
        using (client)
        using (server)
        {
            var connection = Assert.Single(UnixSocketTable.Read().Connections, c => c.EndPoint == At("a"));
            AssertIsOurs(connection.Client, client.SafeHandle);
            AssertIsOurs(connection.Server!, server.SafeHandle);
            AssertIsOurs(connection.Listener!, listener.SafeHandle);
            Assert.Same(connection.Client, connection.Server!.Peer);
            Assert.False(connection.IsWaiting);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_abstract_name_joins_an_accepted_connection_to_its_listener()
    {
        using var listener = UnixListener.Listen(AbstractName(), ForUs);
        var (client, server) = await ConnectAsync(listener);
        using (client)
        using (server)
            Assert.NotNull(Assert.Single(UnixSocketTable.Read().Connections, c => c.EndPoint == listener.LocalEndPoint).Listener);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_was_not_accepted_yet_waits_at_its_listener()
    {
        using var listener = UnixSeqpacketListener.Listen(At("a"));
        using var client = await UnixSeqpacket.ConnectAsync(At("a"), null, Token);
        var table = UnixSocketTable.Read();

        var entry = Assert.Single(table.BoundTo(At("a")));
        Assert.Equal(1, entry.Pending);
        AssertIsOurs(Assert.Single(entry.Waiting), client.SafeHandle);
        var connection = Assert.Single(table.Connections, c => c.EndPoint == At("a"));
        Assert.True(connection.IsWaiting);
        Assert.Null(connection.Server);
        Assert.Equal(SocketType.Seqpacket, connection.Client.SocketType);
    }

    [Fact]
    public void Unread_bytes_are_counted_in_the_queues()
    {
        var (from, to) = UnixStream.CreatePair();
        using (from)
        using (to)
        {
            from.Write(new byte[1000]);
            from.ShutdownWrite();
            var pair = ConnectionOf(from.SafeHandle);
            var sender = HasDescriptor(pair.Client, from.SafeHandle) ? pair.Client : pair.Server!;

            Assert.InRange(sender.SendQueue, 1000, sender.SendBufferSize);
            Assert.Equal(1000, sender.Peer!.ReceiveQueue);
            Assert.True(sender is { IsSendingEnded: true, IsReceivingEnded: false });
            Assert.True(sender.Peer is { IsSendingEnded: false, IsReceivingEnded: true });
            Assert.Equal(UnixEndPoint.Unnamed, pair.EndPoint);
        }
    }

    [Fact]
    public void A_connection_whose_client_has_closed_is_listed_by_its_server()
    {
        var (left, remains) = UnixStream.CreatePair();
        using (remains)
        {
            left.Dispose();
            var connection = ConnectionOf(remains.SafeHandle);
            Assert.Null(connection.Server);
            Assert.Null(connection.Client.PeerInode);
            Assert.Equal(UnixSocketState.Connected, connection.Client.State);
        }
    }

    [Fact]
    public void Each_sender_of_datagrams_is_a_connection_to_the_receiver()
    {
        using var receiver = UnixDatagram.Bind(At("a"));
        using var first = UnixDatagram.Create();
        using var second = UnixDatagram.Create();
        first.Connect(At("a"));
        second.Connect(At("a"));
        first.Send(new byte[12]);
        var table = UnixSocketTable.Read();

        UnixSocketConnection[] connections = [.. table.Connections.Where(c => c.EndPoint == At("a"))];
        Assert.Equal(2, connections.Length);
        Assert.All(connections, c => AssertIsOurs(c.Server!, receiver.SafeHandle));
        Assert.Equal(12, Assert.Single(table.BoundTo(At("a"))).ReceiveQueue);
    }

    [Fact]
    public void Two_datagram_sockets_connected_to_each_other_are_one_connection()
    {
        var (a, b) = UnixDatagram.CreatePair();
        using (a)
        using (b)
        {
            var table = UnixSocketTable.Read();
            Assert.Same(ConnectionOf(a.SafeHandle, table), ConnectionOf(b.SafeHandle, table));
        }
    }

    [Fact]
    public void A_name_has_the_bytes_that_another_process_chose()
    {
        byte[] name = [.. "\n0000: 00000002 \e[31m forged\0"u8, 0xff, .. Guid.NewGuid().ToByteArray()];
        using var listener = UnixListener.Listen(UnixEndPoint.FromAbstractName(name), ForUs);
        var socket = Assert.Single(UnixSocketTable.Read().BoundTo(UnixEndPoint.FromAbstractName(name)));
        Assert.Equal(name, socket.LocalEndPoint.NameBytes.ToArray());
        Assert.DoesNotContain('\n', socket.ToString());
        Assert.DoesNotContain('\e', socket.ToString());
    }

    [Fact]
    public void A_socket_in_flight_has_no_process_and_one_opened_twice_has_two_descriptors()
    {
        var (sender, receiver) = UnixStream.CreatePair();
        using var _ = sender;
        using var __ = receiver;
        receiver.AcceptDescriptors = true;
        using var bound = UnixDatagram.Bind(At("a"));
        sender.Send("x"u8, [bound.SafeHandle]);
        using var message = receiver.Receive(new byte[1], DescriptorOptions.OnlySockets);
        Assert.Equal(2, Assert.Single(Assert.Single(UnixSocketTable.Read().BoundTo(At("a"))).Processes).Descriptors.Count);

        var (lost, kept) = UnixStream.CreatePair();
        using (kept)
        {
            sender.Send("x"u8, [lost.SafeHandle]);
            lost.Dispose();
            var pair = ConnectionOf(kept.SafeHandle);
            Assert.Contains(new[] { pair.Client, pair.Server! }, end => end.Processes.Count == 0);
        }
    }

    [Fact]
    public void Without_processes_the_sockets_are_the_same()
    {
        using var listener = UnixListener.Listen(At("a"));
        var socket = Assert.Single(UnixSocketTable.Read(withProcesses: false).BoundTo(At("a")));
        Assert.Empty(socket.Processes);
        Assert.Equal(UnixSocketState.Listening, socket.State);
    }

    [Fact(Timeout = Limit)]
    public async Task Sockets_whose_processes_may_not_be_seen_are_listed_without_them()
    {
        Assert.SkipUnless(OrdinaryUser.WeAreRoot, "run the tests as root: others' processes are what an ordinary user may not see");
        using var listener = UnixListener.Listen(At("a"));
        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "find-socket", Temp["a"]);
        await peer.ExpectAsync("Listening user 0 processes 0 unreadable True");
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_is_listed_with_its_program_and_its_user()
    {
        using var listener = UnixListener.Listen(At("a"));
        await using var peer = PeerProcess.Start("connect", Temp["a"]);
        await peer.ExpectAsync("ready");
        var connection = Assert.Single(UnixSocketTable.Read().Connections, c => c.EndPoint == At("a"));
        var holder = Assert.Single(connection.Client.Processes);
        Assert.Equal(peer.Id, holder.ProcessId);
        Assert.Equal(LibcIdentity.EffectiveUser(), holder.UserId);
        Assert.Equal(File.ReadAllText($"/proc/{peer.Id}/comm").TrimEnd('\n'), holder.Command);
        Assert.Equal($"{holder.Command}({peer.Id}) fd {holder.Descriptors[0]}", holder.ToString());
    }

    private static UnixSocketConnection ConnectionOf(SafeHandle handle) => ConnectionOf(handle, UnixSocketTable.Read());

    private static UnixSocketConnection ConnectionOf(SafeHandle handle, UnixSocketTable table) =>
        Assert.Single(table.Connections, c => HasDescriptor(c.Client, handle) || (c.Server is { } server && HasDescriptor(server, handle)));

    private static bool HasDescriptor(UnixSocketEntry socket, SafeHandle handle) =>
        socket.Processes.Any(h => h.ProcessId == Environment.ProcessId && h.Descriptors.Contains((int)handle.DangerousGetHandle()));

    private static void AssertIsOurs(UnixSocketEntry socket, SafeHandle handle)
    {
        var holder = Assert.Single(socket.Processes, h => h.ProcessId == Environment.ProcessId);
        Assert.Equal([(int)handle.DangerousGetHandle()], holder.Descriptors);
        Assert.Equal(LibcIdentity.EffectiveUser(), holder.UserId);
    }
}
