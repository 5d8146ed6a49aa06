using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tests.Errors;
using Samehost.Tests.Sockets.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Sockets that come from elsewhere, and go elsewhere.</summary>
[Collection(NonParallel.Name)]
public sealed class HandoverTests : CountingSocketTest
{
    [Fact(Timeout = Limit)]
    public async Task A_stream_from_a_descriptor_has_a_duplicate_of_its_own()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var other = far;
        await using var copy = UnixStream.FromDescriptor(near.SafeHandle);
        await near.DisposeAsync();

        await PassesAsync(copy, far);
        await PassesAsync(far, copy);
    }

    [Fact]
    public void Only_a_local_stream_socket_that_does_not_listen_makes_a_stream()
    {
        using var file = File.OpenHandle("/dev/null");
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var datagram = UnixDatagram.Create();
        using var listener = UnixListener.Listen(At("s"));

        Refuses("not a socket", () => UnixStream.FromDescriptor(file));
        Refuses("not a local socket", () => UnixStream.FromSocket(tcp));
        Refuses("another type", () => UnixStream.FromDescriptor(datagram.SafeHandle));
        Refuses("listens", () => UnixStream.FromDescriptor(listener.SafeHandle));
        Assert.Throws<ArgumentNullException>(() => UnixStream.FromDescriptor(null!));
    }

    [Fact(Timeout = Limit)]
    public async Task A_runtime_socket_becomes_a_stream_and_may_be_disposed_of()
    {
        await using var listener = UnixListener.Listen(At("s"));
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Temp["s"]), Token);
        await using var server = await listener.AcceptAsync(Token);
        await using var client = UnixStream.FromSocket(socket);
        socket.Dispose();

        await PassesAsync(client, server);
        Passes(server, client);
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_stream_becomes_a_runtime_socket_and_is_closed(bool waitedBefore)
    {
        var (near, far) = UnixStream.CreatePair();
        await using var other = far;
        var read = waitedBefore ? near.ReadAsync(new byte[1], Token).AsTask() : null;

        using var socket = near.ToSocket();

        if (read is not null)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => read);
        Assert.False(near.CanRead);
        Assert.Equal(AddressFamily.Unix, socket.AddressFamily);
        Assert.Equal(SocketType.Stream, socket.SocketType);
        Assert.True(socket.Connected);
        using var stream = new NetworkStream(socket);
        var blocked = Task.Run(() => stream.ReadByte(), Token); // the socket has to block
        far.WriteByte(9);
        Assert.Equal(9, await blocked);
        Passes(stream, far);
        await PassesAsync(far, stream);
    }

    [Fact(Timeout = Limit)]
    public async Task A_runtime_socket_talks_to_our_server()
    {
        await using var listener = UnixListener.Listen(At("s"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(At("s"), Token); // our own kind of address
        await using var server = await listener.AcceptAsync(Token);
        using var client = new NetworkStream(socket);

        await PassesAsync(client, server);
        await PassesAsync(server, client);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await server.ReadAsync(new byte[1], Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Our_client_talks_to_a_runtime_socket()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Temp["s"]));
        listener.Listen(5);
        await using var client = await UnixStream.ConnectAsync(At("s"), null, Token);
        using var socket = await listener.AcceptAsync(Token);
        using var server = new NetworkStream(socket);

        await PassesAsync(client, server);
        await PassesAsync(server, client);
        client.ShutdownWrite();
        Assert.Equal(0, await server.ReadAsync(new byte[1], Token));
    }

    [Fact(Timeout = Limit)]
    public async Task An_inherited_listener_works_and_its_path_is_kept()
    {
        using var bound = FailingCalls.Listening(At("s"));
        await using (var listener = UnixListener.FromDescriptor(bound))
        {
            Assert.Equal(At("s"), listener.LocalEndPoint);
            var accept = listener.AcceptAsync(Token);
            await using var client = await UnixStream.ConnectAsync(At("s"), null, Token);
            await using var server = await accept;
            await PassesAsync(client, server);
        }

        Assert.Equal(["s"], Temp.Names);
        using var queued = UnixStream.Connect(At("s")); // the descriptor that was handed in still listens
    }

    [Fact]
    public void A_socket_that_does_not_listen_makes_no_listener()
    {
        using var bound = FailingCalls.Bound(At("s"));
        using var datagram = FailingCalls.Socket(LibcSocket.SOCK_DGRAM);

        Refuses("does not listen", () => UnixListener.FromDescriptor(bound));
        Refuses("another type", () => UnixListener.FromDescriptor(datagram));
        Assert.Equal(["s"], Temp.Names);
    }

    [Fact(Timeout = Limit)]
    public async Task Bytes_behind_descriptors_that_were_sent_before_the_handover_are_received()
    {
        Assert.True(LibcSocket.SocketPair(LibcSocket.SOCK_STREAM, out var sender, out var receiver) >= 0);
        using var one = sender!;
        using var other = receiver!;
        foreach (var part in new[] { "ab", "cd", "ef", "gh" })
            Assert.Equal(2, DescriptorSending.SendWithDescriptor(one, System.Text.Encoding.ASCII.GetBytes(part)));

        await using var stream = UnixStream.FromDescriptor(other);
        var got = new byte[8];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        for (var at = 0; at < got.Length;)
            at += await stream.ReadAsync(got.AsMemory(at), patience.Token);

        Assert.Equal("abcdefgh"u8.ToArray(), got);
    }

    private static void Refuses(string why, Func<object> make) =>
        Assert.Contains(why, Assert.Throws<ArgumentException>(make).Message, StringComparison.Ordinal);
}
