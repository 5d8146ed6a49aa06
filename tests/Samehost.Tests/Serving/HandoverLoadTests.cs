using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>The kernel limits the descriptors in flight of all processes of an ordinary user together.</summary>
public sealed class HandoverLoadTests : HandoverFixture
{
    private const int Limit = 100;

    private static readonly TimeSpan LongEnoughToFail = TimeSpan.FromMilliseconds(500);

    [Fact(Timeout = 180_000)]
    public async Task Descriptors_in_flight_of_other_processes_of_the_user_delay_a_handover_without_ending_it()
    {
        var place = Directory.MakeDirectory("place", 0b111_101_101);
        OrdinaryUser.Give(place);
        var path = UnixEndPoint.FromPath($"{place}/server.sock");
        var control = UnixEndPoint.FromPath($"{place}/control.sock");
        await using var predecessor = PeerProcess.StartUnder(
            Directory, [.. OrdinaryUser.Prefix, "prlimit", $"--nofile={Limit}:{Limit}"],
            "handover-server", path.Path!, "--control", control.Path!);
        await predecessor.ExpectAsync("ready");
        Assert.Equal("serving", await predecessor.AskAsync("listen"));
        await using var crowd = PeerProcess.StartAsOrdinaryUser(Directory, "send-unread", place, "--count", $"{2 * Limit}");
        await crowd.ExpectAsync("ready");

        var token = TestContext.Current.CancellationToken;
        var request = UnixHandover.AcceptAsync(control, null, PeerPolicy.Anyone, token);
        await Task.WhenAny(request, Task.Delay(LongEnoughToFail, token));
        Assert.False(request.IsCompleted, $"It did not wait: {request.Exception}");
        await crowd.FinishAsync();
        await using var accepted = await request.WaitAsync(EchoClient.Patience, token);
        await using var server = UnixServer.Start(accepted.Listener!, Connections.ServeAsync);
        Assert.Empty(await CompleteAsync(accepted));
        await predecessor.ExpectAsync("stopped");
    }
}
