using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class TransferErrorTests : SocketTest
{
    [Fact(Timeout = 180_000)]
    public async Task Writing_to_a_process_that_died_is_EPIPE()
    {
        using var listener = UnixListener.Listen(At("s"));
        await using var peer = PeerProcess.Start("connect", Temp["s"]);
        using var server = listener.Accept();
        await peer.ExpectAsync("ready");

        await peer.KillAsync();

        Failures.IsStreamFailure(Errno.EPIPE, "write", Assert.Throws<IOException>(() => server.WriteByte(1)));
        Failures.IsStreamFailure(
            Errno.EPIPE, "write", await Assert.ThrowsAsync<IOException>(async () => await server.WriteAsync(new byte[1], Token)));
        Failures.IsStreamFailure(
            Errno.EPIPE, "write", Assert.Throws<IOException>(() => server.Write([new byte[1], new byte[1]])));
        Assert.Equal(0, await server.ReadAsync(new byte[1], Token));
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_write_that_waits_for_room_is_EPIPE_when_the_peer_closes(bool blocking)
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        var bytes = Pattern(2_000_000);
        var write = blocking ? Task.Run(() => near.Write(bytes), Token) : near.WriteAsync(bytes, Token).AsTask();
        await far.ReadExactlyAsync(new byte[1000], Token); // it is under way

        await far.DisposeAsync();

        var failure = await Assert.ThrowsAsync<IOException>(() => write);
        var errno = Assert.IsType<UnixSocketException>(failure.InnerException).Errno;
        Assert.Contains(errno, new[] { Errno.EPIPE, Errno.ECONNRESET }); // unread bytes are a reset, which may be seen first
    }

    [Fact(Timeout = Limit)]
    public async Task A_reset_comes_after_the_bytes_that_had_arrived_and_stays()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        near.Write("never read"u8);
        far.Write("abc"u8);
        await far.DisposeAsync();

        var got = new byte[3];
        Assert.Equal(3, near.Read(got));
        Assert.Equal("abc"u8.ToArray(), got);
        for (var again = 0; again < 3; again++)
        {
            Failures.IsStreamFailure(Errno.ECONNRESET, "read", Assert.Throws<IOException>(() => near.Read(got)));
            Failures.IsStreamFailure(
                Errno.ECONNRESET, "read", await Assert.ThrowsAsync<IOException>(() => near.ReadAsync(got, Token).AsTask()));
            Assert.Equal(0, await near.ReadAsync(Memory<byte>.Empty, Token)); // a read would not wait
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_that_waits_is_ended_by_a_reset()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        near.Write("never read"u8);
        var read = near.ReadAsync(new byte[1], Token).AsTask();
        var next = near.ReadAsync(new byte[1], Token).AsTask();

        await far.DisposeAsync();

        foreach (var call in new[] { read, next })
            Failures.IsStreamFailure(Errno.ECONNRESET, "read", await Assert.ThrowsAsync<IOException>(() => call));
    }

    [Fact(Timeout = Limit)]
    public async Task A_datagram_beyond_the_send_buffer_is_EMSGSIZE()
    {
        using var receiver = UnixDatagram.Bind(At("r"));
        using var sender = UnixDatagram.Create();
        var large = new byte[16 << 20];

        Failures.Is(Errno.EMSGSIZE, "send", Assert.Throws<UnixSocketException>(() => sender.SendTo(large, At("r"))), At("r"));
        var failure = await Assert.ThrowsAsync<UnixSocketException>(() => sender.SendToAsync(large, At("r"), Token).AsTask());
        Failures.Is(Errno.EMSGSIZE, "send", failure, At("r"));
        sender.Connect(At("r"));
        Failures.Is(Errno.EMSGSIZE, "send", Assert.Throws<UnixSocketException>(() => sender.Send(large)), At("r"));
        Failures.Is(
            Errno.EMSGSIZE, "send", await Assert.ThrowsAsync<UnixSocketException>(async () => await sender.SendAsync(large, Token)));
        sender.Send("small"u8);
        Assert.Equal(5, receiver.Receive(new byte[10]).Length);
    }
}
