using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Ancillary;

public sealed class ReceivedDescriptorsTests
{
    [Fact]
    public void Taken_descriptors_stay_open_and_the_others_are_closed()
    {
        using var tracked = new TrackedDescriptor();
        var received = Set(tracked, 3);
        using (var taken = received.Take(1))
        {
            received.Dispose();
            received.Dispose();
            Assert.Equal(2, tracked.Count);
            Assert.Equal(3, received.Count);
            Assert.False(taken.IsInvalid);
        }

        Assert.Equal(1, tracked.Count);
    }

    [Fact]
    public void A_descriptor_is_taken_once()
    {
        using var tracked = new TrackedDescriptor();
        using var received = Set(tracked, 2);
        received.Take(0).Dispose();
        Assert.Equal("Descriptor 0 was taken or closed already.", Assert.Throws<InvalidOperationException>(() => received.Take(0)).Message);
        Assert.Throws<InvalidOperationException>(() => received.GetKind(0));
        Assert.Throws<IndexOutOfRangeException>(() => received.Take(2));
        received.Dispose();
        Assert.Throws<InvalidOperationException>(() => received.Take(1));
        Assert.Equal(1, tracked.Count);
    }

    [Fact]
    public void Only_a_socket_is_taken_as_a_socket()
    {
        using var tracked = new TrackedDescriptor();
        using var received = Set(tracked, 1);
        var refused = Assert.Throws<InvalidOperationException>(() => received.TakeSocket(0));
        Assert.Equal("Descriptor 0 is not a socket but a Memory.", refused.Message);
        Assert.Equal(2, tracked.Count);
        received.Take(0).Dispose();
    }

    [Fact]
    public void A_socket_of_any_family_can_be_taken()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        _ = LibcFcntl.Duplicate(listener.SafeHandle, out var copy);
        using var received = new ReceivedDescriptors([copy]);
        Assert.Equal(DescriptorKinds.Socket, received.GetKind(0));
        using var socket = received.TakeSocket(0);
        Assert.Equal(AddressFamily.InterNetwork, socket.AddressFamily);
        Assert.Equal(listener.LocalEndPoint, socket.LocalEndPoint);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_set_that_is_not_disposed_is_closed_by_the_garbage_collector()
    {
        using var tracked = new TrackedDescriptor();
        Forget(tracked);
        await Eventually.IsTrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return tracked.Count == 1;
            },
            "the set is closed");
    }

    [Fact]
    public void An_empty_set_can_be_disposed_of_any_number_of_times()
    {
        ReceivedDescriptors.None.Dispose();
        default(UnixMessage).Dispose();
        Assert.Equal(0, default(UnixMessage).Descriptors.Count);
        Assert.Equal(UnixEndPoint.Unnamed, default(UnixMessage).Sender);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(TrackedDescriptor tracked)
    {
        _ = Set(tracked, 5);
        Assert.Equal(6, tracked.Count);
    }

    private static ReceivedDescriptors Set(TrackedDescriptor tracked, int count) =>
        new([.. Enumerable.Range(0, count).Select(_ => new Descriptor(tracked.Stray()))]);
}
