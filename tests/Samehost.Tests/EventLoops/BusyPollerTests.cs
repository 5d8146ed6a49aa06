using System.Globalization;
using Samehost.EventLoops;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>
/// A descriptor that its loop polls leaves epoll, and none of its events is lost. When a loop polls depends on how fast the peer answers;
/// here the tests decide it.
/// </summary>
[Collection(NonParallel.Name)]
public sealed class BusyPollerTests : CountingSocketTest
{
    private readonly UnixStream _near;
    private readonly UnixStream _far;
    private readonly byte[] _bytes = new byte[1];

    public BusyPollerTests() => (_near, _far) = UnixStream.CreatePair();

    private Registration Registration => _near.Context;

    [Fact(Timeout = Limit)]
    public async Task Events_outside_epoll_are_reported_at_the_return_to_epoll()
    {
        var read = await StartReadingAsync(Token);
        Assert.True(Registration.TryLeaveEpoll(writing: false));
        Assert.False(IsInEpoll());
        _far.WriteByte(7);
        await TheLoopHasServedWhatCameBeforeAsync();
        Assert.False(read.IsCompleted);

        Registration.ReturnToEpoll();
        Assert.Equal(1, await read);
        Assert.Equal(7, _bytes[0]);
        Assert.True(IsInEpoll());
    }

    [Fact]
    public void A_socket_is_not_polled_inline_after_a_long_yield()
    {
        var poller = new BusyPoller();
        poller.Set(Registration);
        Assert.True(poller.MayPollInline(Registration));
        Registration.InlineTicks = System.Diagnostics.Stopwatch.Frequency / 100; // a yield of 10 ms
        Assert.False(poller.MayPollInline(Registration));
        Registration.InlineTicks = 0; // as after each dispatch
        Assert.True(poller.MayPollInline(Registration));
    }

    [Fact(Timeout = Limit)]
    public async Task Events_after_the_return_to_epoll_are_reported()
    {
        var read = await StartReadingAsync(Token);
        Assert.True(Registration.TryLeaveEpoll(writing: false));
        Registration.ReturnToEpoll();
        Registration.ReturnToEpoll(); // has no effect
        _far.WriteByte(7);
        Assert.Equal(1, await read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_outside_epoll_waits_for_the_busy_poller()
    {
        var read = await StartReadingAsync(Token);
        Assert.True(Registration.TryLeaveEpoll(writing: false));
        _far.WriteByte(1);
        _near.Context.Readers.TryPoll(_near.Context)!.Complete();
        Assert.Equal(1, await read);

        read = _near.ReadAsync(_bytes, Token).AsTask();
        Assert.Null(_near.Context.Readers.TryPoll(_near.Context));
        Assert.False(IsInEpoll());
        _far.WriteByte(2);
        _near.Context.Readers.TryPoll(_near.Context)!.Complete();
        Assert.Equal(1, await read);
        Assert.Equal(2, _bytes[0]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_write_that_has_to_wait_returns_the_socket_to_epoll()
    {
        var much = Pattern(8 << 20);
        var read = await StartReadingAsync(Token);
        Assert.True(Registration.TryLeaveEpoll(writing: false));
        var write = _near.WriteAsync(much, Token).AsTask();
        Assert.True(IsInEpoll());

        var got = new byte[much.Length];
        await Task.Run(() => _far.ReadExactly(got), Token);
        await write;
        Assert.Equal(much, got);
        _far.WriteByte(1);
        Assert.Equal(1, await read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_returns_a_socket_with_a_pending_write_to_epoll()
    {
        var much = Pattern(8 << 20);
        var write = _near.WriteAsync(much, Token).AsTask();
        Assert.True(Registration.TryLeaveEpoll(writing: true));
        var read = _near.ReadAsync(_bytes, Token).AsTask();
        Assert.True(IsInEpoll());

        _far.WriteByte(1);
        Assert.Equal(1, await read);
        await Task.Run(() => _far.ReadExactly(new byte[much.Length]), Token);
        await write;
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_stays_in_epoll_while_both_directions_wait()
    {
        var much = Pattern(8 << 20);
        var read = await StartReadingAsync(Token);
        var write = _near.WriteAsync(much, Token).AsTask();
        Assert.False(Registration.TryLeaveEpoll(writing: false));
        Assert.False(Registration.TryLeaveEpoll(writing: true));
        Assert.True(IsInEpoll());

        await Task.Run(() => _far.ReadExactly(new byte[much.Length]), Token);
        await write;
        _far.WriteByte(1);
        Assert.Equal(1, await read);
    }

    [Fact(Timeout = Limit)]
    public async Task Closing_ends_a_call_outside_epoll()
    {
        var read = await StartReadingAsync(Token);
        var registration = Registration;
        Assert.True(registration.TryLeaveEpoll(writing: false));
        await _near.DisposeAsync();
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => read);
        registration.ReturnToEpoll(); // whose number may be another socket's by now
        Assert.False(registration.TryLeaveEpoll(writing: false));
    }

    [Fact(Timeout = Limit)]
    public async Task Canceling_ends_a_call_outside_epoll()
    {
        using var canceled = new CancellationTokenSource();
        var read = await StartReadingAsync(canceled.Token);
        Assert.True(Registration.TryLeaveEpoll(writing: false));
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Registration.ReturnToEpoll();
        _far.WriteByte(1);
        Assert.Equal(1, await _near.ReadAsync(_bytes, Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task Exchanges_with_pauses_continue_in_and_outside_epoll()
    {
        var (otherNear, otherFar) = UnixStream.CreatePair();
        Task[] echoes = [Task.Run(() => EchoAsync(_near), Token), Task.Run(() => EchoAsync(otherNear), Token)];
        for (var round = 0; round < 20; round++)
        {
            await AskAsync(_far, 1000);
            await Task.WhenAll(AskAsync(_far, 100), AskAsync(otherFar, 3));
        }

        _far.ShutdownWrite();
        otherFar.ShutdownWrite();
        await Task.WhenAll(echoes);
        await otherNear.DisposeAsync();
        await otherFar.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<Task<int>> StartReadingAsync(CancellationToken token)
    {
        var read = _near.ReadAsync(_bytes, token).AsTask();
        await Eventually.IsTrueAsync(IsInEpoll, "it waits with epoll");
        return read;
    }

    /// <summary>Until an event that came after all that this thread has done was served by the same loop.</summary>
    private async Task TheLoopHasServedWhatCameBeforeAsync()
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Registration.Loop.Post(new PostedWork(turn.SetResult));
        await turn.Task;
    }

    private static async Task EchoAsync(UnixStream stream)
    {
        var bytes = new byte[1];
        while (await stream.ReadAsync(bytes, Token) != 0)
            await stream.WriteAsync(bytes, Token);
    }

    private static Task AskAsync(UnixStream far, int times) => Task.Run(
        () =>
        {
            far.ReadTimeout = 60_000;
            for (var i = 0; i < times; i++)
            {
                far.WriteByte((byte)i);
                Assert.Equal((byte)i, far.ReadByte());
            }
        },
        Token);

    /// <summary>Whether the epoll set of its loop contains it, according to proc(5).</summary>
    private bool IsInEpoll() => File
        .ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{Registration.Loop.Epoll.Number}"))
        .Contains(string.Create(CultureInfo.InvariantCulture, $"tfd:{_near.Context.Number,9} "), StringComparison.Ordinal);
}
