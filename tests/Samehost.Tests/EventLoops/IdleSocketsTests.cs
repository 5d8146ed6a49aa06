using System.Globalization;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

[Collection(NonParallel.Name)]
public sealed class IdleSocketsTests : SocketTest
{
    [Fact(Timeout = 180_000)]
    public async Task Ten_thousand_sockets_that_wait_use_no_processor_time()
    {
        await using var peer = PeerProcess.StartWithDescriptors(30_000, "idle-sockets", Temp["none"], "--pairs", "5000");
        var said = await peer.ReadLineAsync();
        Assert.SkipWhen(
            said?.StartsWith("failed EMFILE", StringComparison.Ordinal) == true, "the hard limit of open files is below 10,300 here");
        Assert.Equal("ready", said);

        Assert.InRange(await Processor.LeastUseAsync(TimeSpan.FromSeconds(2), () => UsedAsync(peer)), 0, Processor.Idle);

        Assert.Equal(0, await FinishAsync(peer));
    }

    private static async Task<int> FinishAsync(PeerProcess peer)
    {
        var end = peer.FinishAsync();
        await peer.ExpectAsync("all received");
        return await end;
    }

    private static async Task<long> UsedAsync(PeerProcess peer)
    {
        peer.Send("look");
        return long.Parse((await peer.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }
}
