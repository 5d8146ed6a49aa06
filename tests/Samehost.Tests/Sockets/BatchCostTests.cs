using Samehost.Interop;
using Samehost.Tests.Ancillary;
using Xunit;

namespace Samehost.Tests.Sockets;

[Collection(Support.NonParallel.Name)]
public sealed class BatchCostTests : SocketTest
{
    [Theory]
    [InlineData(null)]
    [InlineData("anyone")]
    [InlineData("uid:4000000000,self")]
    public void After_warm_up_a_batch_sent_and_received_allocates_nothing(string? policy)
    {
        using var to = UnixDatagram.Bind(At("a"),
            new UnixDatagramOptions { PeerPolicy = policy is null ? null : PeerPolicy.Parse(policy) });
        using var from = UnixDatagram.Bind(At("b"));
        from.Connect(At("a"));
        var outgoing = new UnixDatagramBatch(8, 64);
        for (var i = 0; i < 8; i++)
            outgoing.TryAdd(Pattern(64, i));
        var incoming = new UnixDatagramBatch(8, 64);
        Pass(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var bytes = Pass(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1000 * 8 * 64, bytes);

        int Pass(int times)
        {
            var sum = 0;
            for (var i = 0; i < times; i++)
            {
                from.SendBatch(outgoing);
                for (var got = 0; got < 8;)
                {
                    var count = to.ReceiveBatch(incoming);
                    for (var j = 0; j < count; j++)
                    {
                        sum += incoming[j].Length;
                        _ = incoming[j].Sender;
                    }

                    got += count;
                }
            }

            return sum;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Descriptors_that_come_with_a_batch_are_closed_whatever_the_batch_was_used_for_before()
    {
        using var judging = UnixDatagram.Bind(At("judging"),
            new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot, ReceiveCredentials = true });
        using var open = UnixDatagram.Bind(At("open"), new UnixDatagramOptions { AcceptDescriptors = true, ReceiveCredentials = true });
        DescriptorLimitTests.LetThrough((Descriptor)judging.SafeHandle);
        using var from = UnixDatagram.Create();
        using var tracked = new TrackedDescriptor();
        var ancillary = new UnixAncillaryData { Descriptors = [.. Enumerable.Repeat(tracked.Descriptor, 253)] };
        var batch = new UnixDatagramBatch(4, 10);
        var before = PidFds();
        for (var i = 0; i < 3; i++)
        {
            foreach (var socket in new[] { judging, open })
            {
                from.Send([1], ancillary, socket.LocalEndPoint);
                from.Send([2], ancillary, socket.LocalEndPoint);
                Assert.Equal(2, await socket.ReceiveBatchAsync(batch, Token));
                Assert.Equal(1, tracked.Count);
            }
        }

        Assert.Equal(before, PidFds());
    }

    /// <summary>Descriptors for this process itself, which no other test opens by datagrams of its own without closing them.</summary>
    private static int PidFds() => Directory.GetFileSystemEntries("/proc/self/fd").Count(static link =>
    {
        try
        {
            return File.ReadAllText(link.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal))
                .Contains($"Pid:\t{Environment.ProcessId}\n", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // closed since the listing
        }
    });
}
