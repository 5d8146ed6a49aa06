using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Ancillary;

/// <summary>Control buffers with live descriptors in them: none is ever left open, whatever else the buffer holds.</summary>
public sealed class ControlReceiverTests
{
    public static TheoryData<string> Fates => ["not wanted", "too many", "wrong kind", "no room"];

    [Theory]
    [MemberData(nameof(Fates))]
    public void Descriptors_that_are_not_delivered_are_closed(string fate)
    {
        using var tracked = new TrackedDescriptor();
        byte[] buffer = [.. Rights(tracked, 2), .. Rights(tracked, 1), .. Other(), .. PidFd(tracked), .. PidFd(tracked)];
        Assert.Equal(6, tracked.Count);
        var (wanted, flags, loss) = fate switch
        {
            "not wanted" => (null, 0, DescriptorLoss.None),
            "too many" => (new DescriptorOptions { MaxCount = 2 }, 0, DescriptorLoss.TooMany),
            "wrong kind" => (DescriptorOptions.OnlySockets, 0, DescriptorLoss.WrongKind),
            _ => (DescriptorOptions.Default, LibcMessage.MSG_CTRUNC, DescriptorLoss.OutOfDescriptors),
        };
        var result = ControlReceiver.Read(buffer, flags, wanted);
        Assert.Equal((loss, 0), (result.Loss, result.Descriptors.Count));
        Assert.Equal(2, tracked.Count); // ours and the last pidfd
        result.PidFd!.Dispose();
        Assert.Equal(1, tracked.Count);
    }

    [Fact]
    public void Descriptors_of_several_messages_are_one_set()
    {
        using var tracked = new TrackedDescriptor();
        var result = ControlReceiver.Read([.. Rights(tracked, 2), .. Rights(tracked, 1)], 0, DescriptorOptions.Default);
        using (result.Descriptors)
            Assert.Equal((3, 4), (result.Descriptors.Count, tracked.Count));
        Assert.Equal(1, tracked.Count);
    }

    [Fact]
    public void The_complete_descriptors_of_a_truncated_buffer_are_closed()
    {
        using var tracked = new TrackedDescriptor();
        byte[] buffer = [.. Rights(tracked, 3), .. Rights(tracked, 1)];
        var cut = buffer[..^9]; // the second message claims more than there is
        var result = ControlReceiver.Read(cut, LibcMessage.MSG_CTRUNC, null);
        Assert.Equal(0, result.Descriptors.Count);
        Assert.Equal(2, tracked.Count); // ours, and the one that was cut off
        _ = ControlReceiver.Read(buffer.AsSpan(ControlLayout.Space(3 * sizeof(int))), 0, null);
        Assert.Equal(1, tracked.Count);
    }

    [Fact]
    public void Credentials_are_taken_and_a_short_one_is_not()
    {
        var sent = new UCred { Pid = 1, Uid = 2, Gid = 3 };
        var whole = ControlBufferPropertyTests.Encode(
            1, ControlLayout.SCM_CREDENTIALS, MemoryMarshal.AsBytes(new ReadOnlySpan<UCred>(in sent)));
        Assert.Equal(sent, ControlReceiver.Read(whole, 0, null).Sender);
        var cut = ControlBufferPropertyTests.Encode(1, ControlLayout.SCM_CREDENTIALS, new byte[11]);
        Assert.Null(ControlReceiver.Read(cut, 0, null).Sender);
    }

    [Fact]
    public void The_same_type_of_another_level_is_ignored()
    {
        using var tracked = new TrackedDescriptor();
        var other = ControlBufferPropertyTests.Encode(41, ControlLayout.SCM_RIGHTS, BitConverter.GetBytes(tracked.Descriptor.Number));
        Assert.Equal(0, ControlReceiver.Read(other, 0, DescriptorOptions.Default).Descriptors.Count);
        Assert.Equal(1, tracked.Count);
    }

    private static byte[] Rights(TrackedDescriptor tracked, int count) => ControlBufferPropertyTests.Encode(
        ControlLayout.SOL_SOCKET, ControlLayout.SCM_RIGHTS,
        MemoryMarshal.AsBytes<int>(Enumerable.Range(0, count).Select(_ => tracked.Stray()).ToArray()));

    private static byte[] PidFd(TrackedDescriptor tracked) =>
        ControlBufferPropertyTests.Encode(ControlLayout.SOL_SOCKET, ControlLayout.SCM_PIDFD, BitConverter.GetBytes(tracked.Stray()));

    private static byte[] Other() =>
        ControlBufferPropertyTests.Encode(ControlLayout.SOL_SOCKET, ControlLayout.SCM_SECURITY, "unconfined"u8);
}
