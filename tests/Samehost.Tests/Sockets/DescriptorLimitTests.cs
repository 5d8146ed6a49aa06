using Samehost.Interop;
using Samehost.Tests.Ancillary;
using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class DescriptorLimitTests : SocketTest
{
    public static TheoryData<string> Types => ["stream", "datagram", "seqpacket"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task A_message_with_too_many_loses_all_and_keeps_its_bytes(string type)
    {
        using var channel = new DescriptorChannel(type);
        using var tracked = new TrackedDescriptor();
        channel.Send([1, 2], [.. Enumerable.Repeat(tracked.Descriptor, 17)]);
        using (var lost = await channel.ReceiveAsync(new byte[9]))
            Assert.Equal((2, 0, DescriptorLoss.TooMany), (lost.Count, lost.Descriptors.Count, lost.DescriptorLoss));
        Assert.Equal(1, tracked.Count);

        channel.Send([3], [.. Enumerable.Repeat(tracked.Descriptor, 16)]);
        using (var kept = channel.Receive(new byte[9]))
            Assert.Equal((1, 16, DescriptorLoss.None), (kept.Count, kept.Descriptors.Count, kept.DescriptorLoss));
        Assert.Equal(1, tracked.Count);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task A_message_with_one_of_a_wrong_kind_loses_all(string type)
    {
        using var channel = new DescriptorChannel(type);
        using var tracked = new TrackedDescriptor();
        var socket = channel.Receiver;
        using var file = File.OpenHandle(typeof(DescriptorLimitTests).Assembly.Location);
        foreach (var (options, handle, loss) in new[]
        {
            (DescriptorOptions.OnlySockets, socket, DescriptorLoss.WrongKind),
            (DescriptorOptions.OnlyFiles, socket, DescriptorLoss.WrongKind),
            (new DescriptorOptions { Kinds = DescriptorKinds.Socket | DescriptorKinds.Memory }, socket, DescriptorLoss.None),
            (new DescriptorOptions { Kinds = DescriptorKinds.None }, socket, DescriptorLoss.WrongKind),
        })
        {
            channel.Send([1], handle, tracked.Descriptor);
            using (var message = await channel.ReceiveAsync(new byte[9], options))
                Assert.Equal((loss, loss == DescriptorLoss.None ? 2 : 0), (message.DescriptorLoss, message.Descriptors.Count));
            Assert.Equal(1, tracked.Count);
        }

        channel.Send([1], file);
        using var files = channel.Receive(new byte[9], DescriptorOptions.OnlyFiles);
        Assert.Equal(DescriptorKinds.File, files.Descriptors.GetKind(0));
    }

    [Fact]
    public void The_maximum_count_is_between_1_and_253()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DescriptorOptions { MaxCount = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DescriptorOptions { MaxCount = 254 });
        Assert.Equal(16, DescriptorOptions.Default.MaxCount);
        Assert.Throws<InvalidOperationException>(() => DescriptorOptions.Default.MaxCount = 17);
        Assert.Throws<InvalidOperationException>(() => DescriptorOptions.OnlyFiles.Kinds = DescriptorKinds.Any);
    }

    [Fact(Timeout = Limit)]
    public async Task Without_room_for_all_none_is_kept_and_the_next_message_is_as_usual()
    {
        using var listener = UnixListener.Listen(At("a"));
        // Of 200 numbers, 12 are the runtime's and 25 are for accepting: of the 40 that the peer leaves free, 3 are for what comes.
        await using var peer = PeerProcess.StartWithDescriptors(200, "receive-short", Temp["a"], "--room", "40");
        using var stream = await listener.AcceptAsync(Token);
        await peer.ExpectAsync("ready");
        using var tracked = new TrackedDescriptor();
        var answer = new byte[1];
        (int Sent, string Reported)[] cases =
        [
            (2, "None 2 5 0"), (5, "OutOfDescriptors 0 5 0"), (16, "OutOfDescriptors 0 5 0"), (3, "None 3 5 0"), (0, "None 0 5 0"),
        ];
        foreach (var (sent, reported) in cases)
        {
            stream.Send(new byte[5], [.. Enumerable.Repeat(tracked.Descriptor, sent)]);
            Assert.Equal(reported, await peer.AskAsync("receive"));
            Assert.Equal(1, await stream.ReadAsync(answer, Token));
        }
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task Where_descriptors_are_not_accepted_the_send_fails_and_none_is_received(string type)
    {
        using var channel = new DescriptorChannel(type, accept: false);
        NeedsKernelThatRefuses(channel.Receiver);
        using var tracked = new TrackedDescriptor();
        Assert.Equal(Errno.EPERM, Assert.Throws<UnixSocketException>(() => channel.Send([1], tracked.Descriptor)).Errno);
        var failure = await Assert.ThrowsAsync<UnixSocketException>(async () => await channel.SendAsync([1], tracked.Descriptor));
        Failures.Is(Errno.EPERM, "send", failure);
        channel.Send([2]);
        var buffer = new byte[9];
        Assert.Equal(1, channel.ReceiveBytes(buffer));
        Assert.Equal((2, 1), (buffer[0], tracked.Count));
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task Descriptors_that_the_kernel_cannot_refuse_are_closed(string type)
    {
        using var channel = new DescriptorChannel(type, accept: false);
        LetThrough(channel.Receiver);
        using var tracked = new TrackedDescriptor();
        var buffer = new byte[9];
        for (var i = 0; i < 3; i++)
        {
            await channel.SendAsync([1, 2], [.. Enumerable.Repeat(tracked.Descriptor, 253)]);
            Assert.Equal(2, channel.ReceiveBytes(buffer));
            Assert.Equal(1, tracked.Count);
        }

        if (type == "stream")
            return;
        await channel.SendAsync([1, 2], [.. Enumerable.Repeat(tracked.Descriptor, 3)]);
        using var message = await channel.ReceiveAsync(buffer);
        Assert.Equal((2, 0, DescriptorLoss.None), (message.Count, message.Descriptors.Count, message.DescriptorLoss));
        Assert.Equal(1, tracked.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_listener_and_a_client_that_accept_descriptors_receive_them_immediately()
    {
        var options = new UnixListenerOptions { AcceptDescriptors = true };
        using var tracked = new TrackedDescriptor();
        using (var listener = UnixListener.Listen(At("a"), options))
        using (var client = UnixStream.Connect(At("a"), new UnixConnectOptions { AcceptDescriptors = true }))
        {
            client.Send([1], [tracked.Descriptor]); // before it is accepted
            using var accepted = await listener.AcceptAsync(Token);
            using (var message = accepted.Receive(new byte[1]))
                Assert.Equal(1, message.Descriptors.Count);
            accepted.Send([1], [tracked.Descriptor]);
            using (var message = client.Receive(new byte[1]))
                Assert.Equal(1, message.Descriptors.Count);
        }

        await using var pair = await SeqpacketPair.ConnectAsync(At("b"), Token, options);
        pair.Server.Send([1], [tracked.Descriptor]);
        pair.Client.Send([1], [tracked.Descriptor]);
        using var toClient = pair.Client.Receive(new byte[1]);
        using var toServer = pair.Server.Receive(new byte[1]);
        Assert.Equal((1, 1), (toClient.Descriptors.Count, toServer.Descriptors.Count));
    }

    /// <summary>Lets descriptors through to a socket that did not ask, as kernels before 6.16 always do.</summary>
    internal static void LetThrough(Descriptor socket) => _ = LibcSocketOptions.Set(socket, LibcSocketOptions.SO_PASSRIGHTS, 1);

    internal static void NeedsKernelThatRefuses(Descriptor socket) => Assert.SkipWhen(
        LibcSocketOptions.Get(socket, LibcSocketOptions.SO_PASSRIGHTS, out _) < 0,
        "run on Linux 6.16: earlier kernels cannot refuse descriptors");
}
