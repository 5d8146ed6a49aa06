using Samehost.Interop;
using Samehost.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>How descriptors are spread over loops.</summary>
[Collection(NonParallel.Name)]
public sealed class EventLoopGroupTests : IDisposable
{
    private const int Many = 800;

    private readonly WaitingDescriptors _waiting = new();

    private static int Most => Math.Min(Environment.ProcessorCount, 8);

    public void Dispose() => _waiting.Dispose();

    [Fact]
    public void Many_descriptors_are_distributed_over_one_loop_for_each_processor()
    {
        for (var i = 0; i < Many; i++)
            _waiting.Add();
        int[] shares = [.. _waiting.Loops.GroupBy(loop => loop).Select(group => group.Count())];
        Assert.Equal(Most, shares.Length);
        Assert.All(shares, share => Assert.InRange(share, Many / Most * 0.8, Many / Most * 1.2));
    }

    [Fact]
    public void Sockets_that_have_not_waited_yet_are_distributed_over_the_loops()
    {
        var crowd = Enumerable.Range(0, Many / 2).Select(_ => SocketContext.CreatePair(LibcSocket.SOCK_STREAM)).ToArray();
        int[] shares = [.. crowd.Select(pair => pair.First.Loop).GroupBy(loop => loop).Select(group => group.Count())];
        foreach (var (first, second) in crowd)
        {
            first.Dispose();
            second.Dispose();
        }

        Assert.Equal(Most, shares.Length);
        Assert.All(shares, share => Assert.InRange(share, crowd.Length / Most * 0.8, crowd.Length / Most * 1.2));
    }

    [Fact]
    public void A_new_socket_is_assigned_to_the_loop_with_the_fewest()
    {
        for (var i = 0; i < Many; i++)
            _waiting.Add();
        var emptied = _waiting.Loops.ElementAt(Many / 2);
        _waiting.Empty(emptied);
        for (var i = 0; i < Many / Most / 2; i++)
            Assert.Same(emptied, _waiting.Add());
    }
}
