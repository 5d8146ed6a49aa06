using Samehost.Interop;
using Samehost.Serving;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>How many descriptors a server leaves to the rest of its process.</summary>
public sealed class DescriptorReserveTests
{
    [Fact]
    public void The_reserve_begins_the_given_number_below_the_limit()
    {
        var (near, far) = UnixStream.CreatePair();
        using var one = near;
        using var other = far;
        var descriptor = near.Context;
        var left = LibcLimits.Descriptors() - descriptor.Number;
        Assert.True(new DescriptorReserve(left).IsTouchedBy(descriptor));
        Assert.False(new DescriptorReserve(left - 1).IsTouchedBy(descriptor));
        Assert.False(new DescriptorReserve(null).IsTouchedBy(descriptor));
    }

    [Fact]
    public void A_negative_reserve_is_refused()
    {
        var options = new UnixServerOptions();
        Assert.Throws<ArgumentOutOfRangeException>("value", () => options.ReservedDescriptors = -1);
        Assert.Null(options.ReservedDescriptors);
    }
}
