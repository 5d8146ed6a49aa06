namespace Samehost.AspNetCore.Tests.Peers;

public sealed class PeerFeatureTests
{
    [Fact]
    public void Who_is_calling_is_told_by_an_interface_that_a_test_can_replace() => Assert.True(typeof(IUnixPeerFeature).IsInterface);
}
