using Xunit;

namespace Samehost.Tests.Serving;

public sealed class HandoverCallbackTests : HandoverFixture
{
    [Fact(Timeout = 180_000)]
    public async Task A_callback_of_a_failure_can_wait_for_the_offer_to_end()
    {
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        var offered = new TaskCompletionSource<UnixHandoverOffer>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handover = UnixHandover.Offer(Control, server, new UnixHandoverOptions
        {
            OnFailed = _ =>
            {
                offered.Task.GetAwaiter().GetResult().DisposeAsync().AsTask().GetAwaiter().GetResult();
                ended.SetResult();
            },
        });
        offered.SetResult(handover);
        using (var candidate = UnixSeqpacket.Connect(Control))
            await candidate.SendAsync("nonsense"u8.ToArray(), TestContext.Current.CancellationToken);
        await ended.Task.WaitAsync(EchoClient.Patience, TestContext.Current.CancellationToken);
        await ExpectServedAsync();
    }
}
