using Xunit;

namespace Samehost.Tests.Sockets;

[Collection(Support.NonParallel.Name)]
public sealed class DatagramErrorTests : SocketTest
{
    private readonly byte[] _buffer = new byte[100];

    [Fact(Timeout = Limit)]
    public async Task A_stream_listener_is_not_reached_EPROTOTYPE()
    {
        using var listener = UnixListener.Listen(At("s"));
        await AllFailAsync(Errno.EPROTOTYPE, At("s"));
    }

    [Fact(Timeout = Limit)]
    public Task A_missing_receiver_is_ENOENT() => AllFailAsync(Errno.ENOENT, At("none"));

    [Fact(Timeout = Limit)]
    public async Task A_receiver_that_has_ended_and_left_its_file_is_ECONNREFUSED()
    {
        await using (var killed = PeerProcess.Start("crash-bound", Temp["s"]))
            await killed.WaitAsync();

        await AllFailAsync(Errno.ECONNREFUSED, At("s"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_receiver_that_is_connected_to_another_is_EPERM()
    {
        using var friend = UnixDatagram.Bind(At("friend"));
        using var receiver = UnixDatagram.Bind(At("r"));
        receiver.Connect(At("friend"));

        await AllFailAsync(Errno.EPERM, At("r"));

        friend.SendTo("hello"u8, At("r"));
        Assert.Equal(5, receiver.Receive(_buffer).Count);
    }

    [Fact]
    public void Sending_without_an_address_is_ENOTCONN()
    {
        using var socket = UnixDatagram.Create();

        Failures.Is(Errno.ENOTCONN, "send", Assert.Throws<UnixSocketException>(() => socket.Send([1])));
    }

    [Fact(Timeout = Limit)]
    public async Task A_pair_whose_other_end_is_closed()
    {
        var (near, far) = UnixDatagram.CreatePair();
        using var one = near;
        await far.DisposeAsync();

        Failures.Is(Errno.ECONNREFUSED, "send", Assert.Throws<UnixSocketException>(() => near.Send([1])));
    }

    private static async Task AllFailAsync(Errno errno, UnixEndPoint remote)
    {
        using var sender = UnixDatagram.Create();
        Failures.Is(errno, "connect", Assert.Throws<UnixSocketException>(() => sender.Connect(remote)), remote);
        Failures.Is(errno, "send", Assert.Throws<UnixSocketException>(() => sender.SendTo([1], remote)), remote);
        var failure = await Assert.ThrowsAsync<UnixSocketException>(() => sender.SendToAsync(new byte[1], remote, Token).AsTask());
        Failures.Is(errno, "send", failure, remote);
    }
}
