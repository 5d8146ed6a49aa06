using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class DatagramTests : SocketTest
{
    private readonly byte[] _buffer = new byte[1000];

    [Fact(Timeout = Limit)]
    public async Task Bound_sockets_talk_and_answer_by_the_senders_address()
    {
        foreach (var (one, other) in new[] { (At("a"), At("b")), (AbstractName(), AbstractName()) })
        {
            await using var client = UnixDatagram.Bind(one, FromUs);
            await using var server = UnixDatagram.Bind(other, FromUs);
            Assert.Equal(one, client.LocalEndPoint);
            var receive = server.ReceiveAsync(_buffer, Token);
            Assert.False(receive.IsCompleted);

            await client.SendToAsync("g1"u8.ToArray(), other, Token);

            var received = await receive;
            Is(2, one, received);
            Assert.False(received.IsTruncated);
            Assert.Equal("g1"u8.ToArray(), _buffer[..2]);

            server.SendTo("Hi, g1"u8, received.Sender);
            Is(6, other, client.Receive(_buffer));
        }
    }

    [Fact]
    public void An_autobound_socket_has_a_name_from_the_kernel_and_receives_answers()
    {
        using var server = UnixDatagram.Bind(At("s"));
        using var client = UnixDatagram.Bind(UnixEndPoint.Autobind, FromUs);
        Assert.Equal(UnixEndPointKind.Abstract, client.LocalEndPoint.Kind);

        client.SendTo("x"u8, At("s"));

        Assert.Equal(client.LocalEndPoint, server.Receive(_buffer).Sender);
    }

    [Fact(Timeout = Limit)]
    public async Task A_sender_without_a_name_is_unnamed()
    {
        using var server = UnixDatagram.Bind(At("s"));
        using var client = UnixDatagram.Create();
        Assert.Equal(UnixEndPointKind.Unnamed, client.LocalEndPoint.Kind);
        client.SendTo("x"u8, At("s"));
        client.SendTo("y"u8, At("s"));

        Assert.Equal(UnixEndPoint.Unnamed, server.Receive(_buffer).Sender);
        Assert.Equal(UnixEndPoint.Unnamed, (await server.ReceiveAsync(_buffer, Token)).Sender);
    }

    [Fact]
    public void Alternating_senders_are_distinguished()
    {
        using var server = UnixDatagram.Bind(At("s"));
        using var a = UnixDatagram.Bind(At("a"));
        using var b = UnixDatagram.Bind(At("b"));
        using var nameless = UnixDatagram.Create();
        for (var round = 0; round < 3; round++)
        {
            a.SendTo([1], At("s"));
            b.SendTo([2], At("s"));
            nameless.SendTo([3], At("s"));
            Assert.Equal(At("a"), server.Receive(_buffer).Sender);
            Assert.Equal(At("b"), server.Receive(_buffer).Sender);
            Assert.Equal(UnixEndPoint.Unnamed, server.Receive(_buffer).Sender);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Truncated_messages_report_their_size()
    {
        using var server = UnixDatagram.Bind(At("s"));
        using var client = UnixDatagram.Create();
        for (var i = 0; i < 3; i++)
            client.SendTo("0123456789"u8, At("s"));

        var received = await server.ReceiveAsync(_buffer.AsMemory(0, 4), Token);
        Assert.Equal((4, 10, true), (received.Count, received.Length, received.IsTruncated));
        Assert.Equal("0123\0"u8.ToArray(), _buffer[..5]);
        received = server.Receive(Span<byte>.Empty);
        Assert.Equal((0, 10, true), (received.Count, received.Length, received.IsTruncated));
        received = server.Receive(_buffer.AsSpan(0, 10));
        Assert.Equal((10, 10, false), (received.Count, received.Length, received.IsTruncated));
    }

    [Fact(Timeout = Limit)]
    public async Task Empty_datagrams_arrive()
    {
        using var server = UnixDatagram.Bind(At("s"));
        using var client = UnixDatagram.Bind(At("c"));
        client.SendTo([], At("s"));
        await client.SendToAsync(ReadOnlyMemory<byte>.Empty, At("s"), Token);
        client.Connect(At("s"));
        client.Send([]);

        for (var i = 0; i < 3; i++)
            Is(0, At("c"), await server.ReceiveAsync(_buffer, Token));
    }

    [Fact(Timeout = Limit)]
    public async Task A_connected_socket_sends_without_an_address_and_can_be_connected_again()
    {
        using var first = UnixDatagram.Bind(At("1"));
        using var second = UnixDatagram.Bind(At("2"));
        using var client = UnixDatagram.Create();
        Assert.Null(client.RemoteEndPoint);
        client.Connect(At("1"));
        client.Send([1]);
        client.Connect(At("2"));
        Assert.Equal(At("2"), client.RemoteEndPoint);
        await client.SendAsync(new byte[] { 2, 2 }, Token);

        Assert.Equal(1, first.Receive(_buffer).Count);
        Assert.Equal(2, second.Receive(_buffer).Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_pair_is_connected()
    {
        var (near, far) = UnixDatagram.CreatePair();
        await using var one = near;
        await using var other = far;
        near.Send("there"u8);
        await far.SendAsync("back!!"u8.ToArray(), Token);

        Assert.Equal(5, (await far.ReceiveAsync(_buffer, Token)).Count);
        Assert.Equal(6, near.Receive(_buffer).Count);
    }

    [Fact]
    public void An_address_without_a_name_is_refused()
    {
        using var socket = UnixDatagram.Create();
        Assert.Throws<ArgumentException>(() => UnixDatagram.Bind(UnixEndPoint.Unnamed));
        Assert.Throws<ArgumentException>(() => socket.Connect(UnixEndPoint.Unnamed));
        Assert.Throws<ArgumentException>(() => socket.SendTo([], UnixEndPoint.Autobind));
        Assert.Throws<ArgumentNullException>(() => socket.Connect(null!));
    }

    [Fact(Timeout = Limit)]
    public async Task A_datagram_socket_from_a_descriptor_has_a_duplicate_and_leaves_the_path_alone()
    {
        using var original = UnixDatagram.Bind(At("s"));
        using var client = UnixDatagram.Create();
        using (var copy = UnixDatagram.FromDescriptor(original.SafeHandle))
        {
            Assert.Equal(At("s"), copy.LocalEndPoint);
            var receive = copy.ReceiveAsync(_buffer, Token);
            client.SendTo([1], At("s"));
            Assert.Equal(1, (await receive).Count);
        }

        Assert.Equal(["s"], Temp.Names);
        client.SendTo([1], At("s"));
        Assert.Equal(1, original.Receive(_buffer).Count);
    }

    [Fact]
    public void Only_a_local_datagram_socket_can_be_used()
    {
        using var file = File.OpenHandle("/dev/null");
        var (near, far) = UnixStream.CreatePair();
        using var one = near;
        using var other = far;

        Assert.Throws<ArgumentException>(() => UnixDatagram.FromDescriptor(file));
        Assert.Throws<ArgumentException>(() => UnixDatagram.FromDescriptor(near.SafeHandle));
    }

    [Fact]
    public void The_path_is_removed_at_closing()
    {
        using (var socket = UnixDatagram.Bind(At("s")))
            Assert.Equal(["s"], Temp.Names);

        Assert.Empty(Temp.Names);
    }

    private static void Is(int length, UnixEndPoint sender, UnixMessage received)
    {
        Assert.Equal(length, received.Count);
        Assert.Equal(length, received.Length);
        Assert.Equal(sender, received.Sender);
        Assert.False(received.IsEnd);
    }
}
