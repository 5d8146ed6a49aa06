using Samehost.Interop;
using Samehost.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>How descriptors are spread over loops.</summary>
[Collection(Alone.Name)]
public sealed class EventLoopGroupTests : IDisposable
{
    private const int Many = 800;

    private readonly WaitingDescriptors _waiting = new();

    private static int Most => Math.Min(Environment.ProcessorCount, 8);

    public void Dispose() => _waiting.Dispose();

    [Fact]
    public void Many_descriptors_have_a_loop_for_each_processor_and_each_loop_its_share()
    {
        for (var i = 0; i < Many; i++)
            _waiting.Add();
        int[] shares = [.. _waiting.Loops.GroupBy(loop => loop).Select(group => group.Count())];
        Assert.Equal(Most, shares.Length);
        Assert.All(shares, share => Assert.InRange(share, Many / Most * 0.8, Many / Most * 1.2));
    }

    [Fact]
    public void A_crowd_of_which_nobody_has_waited_yet_is_spread_as_well()
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
    public void A_new_descriptor_goes_where_the_fewest_are()
    {
        for (var i = 0; i < Many; i++)
            _waiting.Add();
        var emptied = _waiting.Loops.ElementAt(Many / 2);
        _waiting.Empty(emptied);
        for (var i = 0; i < Many / Most / 2; i++)
            Assert.Same(emptied, _waiting.Add());
    }
}
