using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Reactor;

/// <summary>
/// A loop carries out the reads of a batch before the first of their continuations runs. Whatever that one does, the others get what was
/// read for them.
/// </summary>
[Collection(Alone.Name)]
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
        while (_other.Near.Core.Registration.Loop != _one.Near.Core.Registration.Loop);
    }

    [Fact(Timeout = 180_000)]
    public async Task Continuations_of_one_batch_may_wait_for_each_other()
    {
        for (int i = 0; i < Times; i++)
        {
            using var both = new CountdownEvent(2);
            await MeetAsync((_, _) =>
            {
                both.Signal();
                Assert.True(both.Wait(Long, Token), "the other continuation did not run");
            }, Token);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_continuation_may_close_a_socket_whose_read_was_carried_out_already()
    {
        int closed = 0;
        await MeetAsync((_, other) =>
        {
            if (Interlocked.Increment(ref closed) == 1)
                other.Close();
        }, Token);
        Assert.Equal(2, closed);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_continuation_may_cancel_a_read_that_was_carried_out_already_which_then_keeps_what_it_took()
    {
        for (int i = 0; i < Times; i++)
        {
            using var cancel = new CancellationTokenSource();
            await MeetAsync((_, _) => cancel.Cancel(), cancel.Token);
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
    private async Task MeetAsync(Action<UnixStream, UnixStream> continuation, CancellationToken token)
    {
        var reads = new[] { ReadAsync(_one.Near, _other.Near), ReadAsync(_other.Near, _one.Near) };
        await WaitsAsync(_one.Near);
        await WaitsAsync(_other.Near);
        _one.Near.Core.Registration.Loop.Post(new Both(_one.Far, _other.Far));
        await Task.WhenAll(reads);

        Task ReadAsync(UnixStream mine, UnixStream others) => Task.Run(
            async () =>
            {
                Assert.Equal(1, await mine.ReadAsync(new byte[1], token));
                continuation(mine, others);
            },
            Token);
    }

    private (UnixStream Near, UnixStream Far) Pair()
    {
        var pair = UnixStream.CreatePair();
        _streams.AddRange([pair.First, pair.Second]);
        return pair;
    }

    /// <summary>Runs on the loop's own thread.</summary>
    private sealed class Both(UnixStream one, UnixStream other) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            one.WriteByte(1);
            other.WriteByte(1);
        }
    }
}
