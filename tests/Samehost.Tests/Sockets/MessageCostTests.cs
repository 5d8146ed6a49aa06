using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>The calls that may carry descriptors allocate nothing where they carry none.</summary>
[Collection(Support.NonParallel.Name)]
public sealed class MessageCostTests
{
    private static readonly byte[] Sent = [1, 2, 3];

    [Fact(Timeout = 60_000)]
    public async Task Messages_on_a_stream_allocate_nothing()
    {
        var (one, other) = UnixStream.CreatePair();
        using UnixStream sender = one, receiver = other;
        receiver.AcceptDescriptors = true;
        await AllocatesNothingAsync(() => sender.SendAsync(Sent, []), buffer => receiver.ReceiveAsync(buffer));
    }

    [Fact(Timeout = 60_000)]
    public async Task Records_allocate_nothing()
    {
        var (one, other) = UnixSeqpacket.CreatePair();
        using UnixSeqpacket sender = one, receiver = other;
        await AllocatesNothingAsync(() => sender.SendAsync(Sent), buffer => receiver.ReceiveAsync(buffer));
    }

    // Not on a loop's thread, where a call gives way to others after sixteen that did not wait.
    private static Task AllocatesNothingAsync(Func<ValueTask> send, Func<byte[], ValueTask<UnixMessage>> receive) => Task.Run(() =>
    {
        var buffer = new byte[9];
        Pass(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var bytes = Pass(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1000 * Sent.Length, bytes);

        int Pass(int times)
        {
            var sum = 0;
            for (var i = 0; i < times; i++)
            {
                var sending = send();
                Assert.True(sending.IsCompletedSuccessfully); // there is room, and then something to receive: neither waits
                var receiving = receive(buffer);
                Assert.True(receiving.IsCompletedSuccessfully);
                sum += receiving.Result.Count;
            }
            return sum;
        }
    }, TestContext.Current.CancellationToken);
}
