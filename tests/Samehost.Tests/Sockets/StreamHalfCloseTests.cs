using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class StreamHalfCloseTests : SocketTest
{
    private readonly UnixStream _near;
    private readonly UnixStream _far;

    public StreamHalfCloseTests() => (_near, _far) = UnixStream.CreatePair();

    public override async ValueTask DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact(Timeout = Limit)]
    public async Task After_the_end_of_sending_the_peer_reads_the_rest_and_can_still_answer()
    {
        _near.Write("question"u8);
        _near.ShutdownWrite();

        Assert.Equal("question"u8.ToArray(), await ReadAllAsync(_far));
        Assert.Equal(0, _far.Read(new byte[1]));
        await PassesAsync(_far, _near);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_sending_wakes_a_peer_that_waits()
    {
        var read = _far.ReadAsync(new byte[1], Token);
        Assert.False(read.IsCompleted);

        _near.ShutdownWrite();

        Assert.Equal(0, await read);
    }

    [Fact]
    public void Writing_after_the_end_of_sending_is_a_broken_pipe()
    {
        _near.ShutdownWrite();

        Failures.IsStreamFailure(Errno.EPIPE, "write", Assert.Throws<IOException>(() => _near.WriteByte(1)));
    }

    [Fact(Timeout = Limit)]
    public async Task After_the_end_of_receiving_what_had_arrived_is_read_and_the_peers_writes_fail()
    {
        _far.Write("late"u8);
        _near.ShutdownRead();

        Assert.Equal("late"u8.ToArray(), await ReadAllAsync(_near));
        Failures.IsStreamFailure(
            Errno.EPIPE, "write", await Assert.ThrowsAsync<IOException>(async () => await _far.WriteAsync(new byte[1], Token)));
        await PassesAsync(_near, _far);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_receiving_ends_a_read_that_waits()
    {
        var read = _near.ReadAsync(new byte[1], Token);

        _near.ShutdownRead();

        Assert.Equal(0, await read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_peer_that_closes_ends_the_stream()
    {
        var read = _near.ReadAsync(new byte[1], Token);

        await _far.DisposeAsync();

        Assert.Equal(0, await read);
        Assert.Equal(0, _near.Read(new byte[1]));
        Assert.Equal(0, await _near.ReadAsync(Memory<byte>.Empty, Token));
    }
}
