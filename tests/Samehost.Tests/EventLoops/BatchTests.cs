using Samehost.EventLoops;
using Samehost.Interop;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>
/// A loop carries out the reads of a batch before the first of their continuations runs. Whatever that one does, the others get what was
/// read for them.
/// </summary>
[Collection(NonParallel.Name)]
public sealed class BatchTests : CountingSocketTest
{
    private const int Times = 50;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly List<UnixStream> _streams = [];
    private readonly (UnixStream Near, UnixStream Far) _one;
    private readonly (UnixStream Near, UnixStream Far) _other;

    public BatchTests()
    {
        _one = Pair();
        do
            _other = Pair();
        while (_other.Near.Context.Loop != _one.Near.Context.Loop);
    }

    [Fact(Timeout = 180_000)]
    public async Task Continuations_of_one_batch_may_wait_for_each_other()
    {
        for (var i = 0; i < Times; i++)
        {
            using var both = new CountdownEvent(2);
            await MeetAsync(() =>
            {
                both.Signal();
                Assert.True(both.Wait(Long, Token), "the other continuation did not run");
            });
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_read_that_was_carried_out_keeps_what_it_took_when_its_socket_is_closed_before_its_continuation_runs()
    {
        var read = await CarryOutAsync(Token);
        await _one.Near.DisposeAsync();
        read.Operation.Complete();
        Assert.Equal(1, await read.Task);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_read_that_was_carried_out_keeps_what_it_took_when_it_is_canceled_before_its_continuation_runs()
    {
        for (var i = 0; i < Times; i++)
        {
            using var canceled = new CancellationTokenSource();
            var read = await CarryOutAsync(canceled.Token);
            await canceled.CancelAsync();
            read.Operation.Complete();
            Assert.Equal(1, await read.Task);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams)
            await stream.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Has a byte come for each of the two at once, between two looks of their loop at epoll.</summary>
    private async Task MeetAsync(Action continuation)
    {
        Task[] reads = [ReadAsync(_one.Near), ReadAsync(_other.Near)];
        await WaitsAsync(_one.Near);
        await WaitsAsync(_other.Near);
        _one.Near.Context.Loop.Post(new PostedWork(() =>
        {
            _one.Far.WriteByte(1);
            _other.Far.WriteByte(1);
        }));
        await Task.WhenAll(reads);

        Task ReadAsync(UnixStream stream) => Task.Run(
            async () =>
            {
                Assert.Equal(1, await stream.ReadAsync(new byte[1], Token));
                continuation();
            },
            Token);
    }

    /// <summary>Carries out a read as a loop does for a batch, whose place this test takes.</summary>
    private async Task<(PendingOperation Operation, Task<int> Task)> CarryOutAsync(CancellationToken token)
    {
        var registration = _one.Near.Context;
        var read = _one.Near.ReadAsync(new byte[1], token).AsTask();
        await Eventually.IsTrueAsync(() => registration.TryLeaveEpoll(writing: false), "the loop leaves it to us");
        _one.Far.WriteByte(1);
        Assert.True(registration.TryBegin(LibcEpoll.EPOLLIN, out var operation));
        registration.ReturnToEpoll();
        return (operation!, read);
    }

    private (UnixStream Near, UnixStream Far) Pair()
    {
        var pair = UnixStream.CreatePair();
        _streams.AddRange([pair.First, pair.Second]);
        return pair;
    }
}
