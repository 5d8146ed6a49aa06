using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class SendBufferTests : SocketTest
{
    private const int Wide = 1 << 20;

    [Fact]
    public void Small_writes_leave_the_send_buffer_as_the_kernel_made_it()
    {
        var (first, second) = UnixStream.CreatePair();
        using var _ = first;
        using var __ = second;
        var size = first.SendBufferSize;

        first.WriteTimeout = 1;
        Assert.Throws<IOException>(() => WriteForEver(first, 1024));

        Assert.Equal(size, first.SendBufferSize);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_large_write_that_finds_no_room_enlarges_the_send_buffer()
    {
        var (first, second) = UnixStream.CreatePair();
        await using var _ = first;
        await using var __ = second;
        var before = first.SendBufferSize;

        var write = first.WriteAsync(new byte[8 << 20], Token);
        Assert.False(write.IsCompleted);

        Assert.InRange(first.SendBufferSize, before + 1, Wide);
        await second.ReadExactlyAsync(new byte[8 << 20], Token);
        await write;
    }

    [Fact]
    public void A_blocking_write_enlarges_the_send_buffer_too()
    {
        var (first, second) = UnixStream.CreatePair();
        using var _ = first;
        using var __ = second;
        var before = first.SendBufferSize;

        first.WriteTimeout = 1;
        Assert.Throws<IOException>(() => WriteForEver(first, 1 << 16));

        Assert.InRange(first.SendBufferSize, before + 1, Wide);
    }

    [Fact]
    public void A_size_that_was_set_is_kept()
    {
        var (first, second) = UnixStream.CreatePair();
        using var _ = first;
        using var __ = second;
        first.SendBufferSize = 64 << 10;
        var chosen = first.SendBufferSize;
        Assert.InRange(chosen, 32 << 10, 128 << 10);

        first.WriteTimeout = 1;
        Assert.Throws<IOException>(() => WriteForEver(first, 1 << 16));

        Assert.Equal(chosen, first.SendBufferSize);
        Assert.Throws<ArgumentOutOfRangeException>(() => first.SendBufferSize = 0);
    }

    private static void WriteForEver(UnixStream stream, int length)
    {
        var bytes = new byte[length];
        while (true)
            stream.Write(bytes);
    }
}
