using Samehost.EventLoops;
using Samehost.Sockets;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>What is counted of a continuation, so that a loop knows whether it is long or blocked, and when it has to yield.</summary>
[Collection(NonParallel.Name)]
public sealed class ContinuationCostTests : CountingSocketTest
{
    [Fact(Timeout = Limit)]
    public async Task An_event_of_one_direction_ends_the_row_of_calls_of_both()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var echoing = EchoAsync(near);
        var bytes = new byte[1];
        for (var i = 0; i < 40; i++)
        {
            await WaitsAsync(near);
            far.WriteByte((byte)i);
            await far.ReadExactlyAsync(bytes, Token);
            Assert.Equal(i, bytes[0]);
        }

        await WaitsAsync(near);
        Assert.InRange(near.Context.CallsWithoutWaiting, 0, 1); // the last write, which followed an event
        far.ShutdownWrite();
        await echoing;
    }

    [Fact]
    public void Each_datagram_of_a_batch_counts_as_a_call_and_yielding_to_the_receiver_as_waiting()
    {
        var (sender, receiver) = DatagramContext.CreatePair();
        using var one = sender;
        using var other = receiver;
        var batch = new UnixDatagramBatch(1024, 8); // more than the receiver's queue takes
        while (batch.TryAdd([1, 2, 3]))
        {
            // until it is full
        }

        var call = new SendBatchCall(batch);
        var drained = false;
        List<IDisposable>? refused = null;
        Assert.Equal(SocketContext.Again, call.Try(sender, default, ref drained, ref refused));
        Assert.InRange(sender.CallsWithoutWaiting, 2, batch.Count - 1);
        Assert.True(sender.InlineTicks > 0);
    }

    [Fact(Timeout = Limit)]
    public async Task A_poll_in_place_is_a_sign_of_life_of_its_own_loop_only()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var polled = Task.Run(
            async () =>
            {
                await near.ReadExactlyAsync(new byte[1], Token);
                var before = near.Context.Loop.InlinePolls;
                near.Context.YieldToPeer(0);
                return EventLoop.IsLeading && near.Context.Loop.InlinePolls != before;
            },
            Token);
        await WaitsAsync(near);
        far.WriteByte(1);
        Assert.True(await polled);

        var polls = near.Context.Loop.InlinePolls;
        await Task.Run(() => near.Context.YieldToPeer(0), Token); // a thread of the pool leads no loop
        Assert.Equal(polls, near.Context.Loop.InlinePolls);
    }

    private static async Task EchoAsync(UnixStream stream)
    {
        var buffer = new byte[16];
        while (await stream.ReadAsync(buffer, Token) is > 0 and var count)
            await stream.WriteAsync(buffer.AsMemory(0, count), Token);
    }
}
