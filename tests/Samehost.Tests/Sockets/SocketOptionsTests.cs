using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Options of sockets, and what an accepted stream takes of memory.</summary>
[Collection(Support.NonParallel.Name)]
public sealed class SocketOptionsTests : SocketTest
{
    [Fact]
    public void Buffer_sizes_can_be_set_on_every_kind()
    {
        var (stream, streamPeer) = UnixStream.CreatePair();
        var (seqpacket, seqpacketPeer) = UnixSeqpacket.CreatePair();
        using IDisposable one = stream, two = streamPeer, three = seqpacket, four = seqpacketPeer;
        using var datagram = UnixDatagram.Create();

        stream.SendBufferSize = stream.ReceiveBufferSize = 20_000;
        seqpacket.SendBufferSize = seqpacket.ReceiveBufferSize = 20_000;
        datagram.SendBufferSize = datagram.ReceiveBufferSize = 20_000;

        int[] sizes = [stream.SendBufferSize, stream.ReceiveBufferSize, seqpacket.SendBufferSize, seqpacket.ReceiveBufferSize,
            datagram.SendBufferSize, datagram.ReceiveBufferSize];
        Assert.All(sizes, size => Assert.Equal(20_000, size));
        Assert.Throws<ArgumentOutOfRangeException>(() => datagram.ReceiveBufferSize = 0);
    }

    [Fact]
    public void Options_are_validated_when_they_are_set()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixConnectOptions { ServerTimeout = TimeSpan.FromTicks(-2) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixConnectOptions { BacklogTimeout = TimeSpan.FromTicks(-2) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixListenerOptions { Backlog = -1 });
        Assert.Throws<ArgumentNullException>(() => new UnixListenerOptions { SocketFile = null! });
        Assert.Throws<ArgumentNullException>(() => new UnixDatagramOptions { SocketFile = null! });
    }

    [Fact]
    public void A_datagram_pair_can_be_created_with_options()
    {
        var (one, other) = UnixDatagram.CreatePair(new UnixDatagramOptions { ReceiveCredentials = true, AcceptDescriptors = true });
        using UnixDatagram sender = one, receiver = other;
        using var file = File.OpenHandle("/dev/null");

        sender.Send("x"u8, [file]);

        using var message = receiver.Receive(new byte[1]);
        Assert.Equal(Environment.ProcessId, message.Credentials!.ProcessId);
        Assert.Equal(1, message.Descriptors.Count);
    }

    [Fact]
    public void A_stream_sends_credentials_as_ancillary_data()
    {
        var (one, other) = UnixStream.CreatePair();
        using UnixStream sender = one, receiver = other;

        sender.Send("x"u8, new UnixAncillaryData { Credentials = UnixCredentials.Current });

        Assert.Equal((int)'x', receiver.ReadByte());
    }

    [Fact]
    public void Disposing_of_the_handle_closes_the_socket()
    {
        var (one, other) = UnixStream.CreatePair();
        using UnixStream near = one, far = other;

        near.SafeHandle.Dispose();

        Assert.False(near.CanRead);
        Assert.Equal(-1, far.ReadByte());
    }

    [Fact]
    public void An_accepted_stream_takes_at_most_400_bytes()
    {
        using var listener = UnixListener.Listen(At("s"));
        var allocated = long.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            using var client = UnixStream.Connect(At("s"));
            var before = GC.GetAllocatedBytesForCurrentThread();
            using var accepted = listener.Accept();
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(allocated, 1, 400);
    }
}
