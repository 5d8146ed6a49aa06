using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class StreamHalfCloseTests : StreamPairTest
{
    [Fact(Timeout = Limit)]
    public async Task After_the_end_of_sending_the_peer_reads_the_rest_and_can_still_answer()
    {
        Near.Write("question"u8);
        Near.ShutdownWrite();

        Assert.Equal("question"u8.ToArray(), await ReadAllAsync(Far));
        Assert.Equal(0, Far.Read(new byte[1]));
        await PassesAsync(Far, Near);
    }

    [Fact]
    public void The_end_of_sending_is_distinguished_from_the_end_of_the_peer()
    {
        Assert.False(Far.IsPeerClosed);
        Near.Write("last words"u8);
        Near.ShutdownWrite();
        Assert.False(Far.IsPeerClosed);

        Near.Dispose();
        Assert.True(Far.IsPeerClosed);
        Assert.Equal(10, Far.Read(new byte[20]));
        Assert.Equal(0, Far.Read(new byte[20]));
        Assert.True(Far.IsPeerClosed);
        Assert.Throws<ObjectDisposedException>(() => Near.IsPeerClosed);
    }

    [Fact]
    public void A_peer_that_has_shut_down_both_directions_counts_as_closed()
    {
        Near.ShutdownWrite();
        Near.ShutdownRead();
        Assert.True(Far.IsPeerClosed);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_sending_wakes_a_peer_that_waits()
    {
        var read = Far.ReadAsync(new byte[1], Token);
        Assert.False(read.IsCompleted);

        Near.ShutdownWrite();

        Assert.Equal(0, await read);
    }

    [Fact]
    public void Writing_after_the_end_of_sending_is_a_broken_pipe()
    {
        Near.ShutdownWrite();

        Failures.IsStreamFailure(Errno.EPIPE, "write", Assert.Throws<IOException>(() => Near.WriteByte(1)));
    }

    [Fact(Timeout = Limit)]
    public async Task After_the_end_of_receiving_what_had_arrived_is_read_and_the_peers_writes_fail()
    {
        Far.Write("late"u8);
        Near.ShutdownRead();

        Assert.Equal("late"u8.ToArray(), await ReadAllAsync(Near));
        Failures.IsStreamFailure(
            Errno.EPIPE, "write", await Assert.ThrowsAsync<IOException>(async () => await Far.WriteAsync(new byte[1], Token)));
        await PassesAsync(Near, Far);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_receiving_ends_a_read_that_waits()
    {
        var read = Near.ReadAsync(new byte[1], Token);

        Near.ShutdownRead();

        Assert.Equal(0, await read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_peer_that_closes_ends_the_stream()
    {
        var read = Near.ReadAsync(new byte[1], Token);

        await Far.DisposeAsync();

        Assert.Equal(0, await read);
        Assert.Equal(0, Near.Read(new byte[1]));
        Assert.Equal(0, await Near.ReadAsync(Memory<byte>.Empty, Token));
    }
}
