using Samehost.Interop;
using Samehost.Tests.Ancillary;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class DatagramMessageTests : SocketTest
{
    private static UnixDatagramOptions ReceiveCredentials => new()
    {
        ReceiveCredentials = true,
        SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 },
    };

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_datagram_has_the_credentials_of_its_sender(bool asynchronous)
    {
        using var socket = UnixDatagram.Bind(At("a"), ReceiveCredentials);
        await using var one = await TalkerAsync();
        await using var other = await TalkerAsync();
        foreach (var peer in new[] { one, other, one })
        {
            Assert.Equal("sent", await peer.AskAsync("send hello"));
            var buffer = new byte[10];
            using var message = asynchronous ? await socket.ReceiveAsync(buffer, null, Token) : socket.Receive(buffer);
            Assert.Equal("hello", System.Text.Encoding.UTF8.GetString(buffer, 0, message.Count));
            Assert.Equal(peer.Id, message.Credentials!.ProcessId);
            Assert.Equal(LibcIdentity.EffectiveUser(), message.Credentials.UserId);
            Assert.Equal(LibcIdentity.EffectiveGroup(), message.Credentials.GroupId);
            Assert.Empty(message.Credentials.Groups);
            Assert.Equal(peer.Id, message.Process!.Id);
            Assert.True(message.Process.IsAlive);
            Assert.Equal(UnixEndPointKind.Abstract, message.Sender.Kind);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_have_no_credentials_unless_they_are_requested()
    {
        using var socket = UnixDatagram.Bind(At("a"));
        using var sender = UnixDatagram.Create();
        sender.Send("hello"u8, new UnixAncillaryData { Credentials = UnixCredentials.Current }, At("a"));
        using var message = await socket.ReceiveAsync(new byte[3], null, Token);
        Assert.Null(message.Credentials);
        Assert.Null(message.Process);
        Assert.Equal((3, 5, true, false), (message.Count, message.Length, message.IsTruncated, message.IsEnd));
        Assert.Equal(UnixEndPoint.Unnamed, message.Sender);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_may_name_itself()
    {
        using var socket = UnixDatagram.Bind(At("a"), ReceiveCredentials);
        using var sender = UnixDatagram.Create();
        sender.Send("hello"u8, new UnixAncillaryData { Credentials = UnixCredentials.Current }, At("a"));
        await sender.SendAsync("hello"u8.ToArray(), new UnixAncillaryData { Credentials = UnixCredentials.Current }, At("a"), Token);
        for (var i = 0; i < 2; i++)
        {
            using var message = socket.Receive(new byte[10]);
            Assert.Equal(Environment.ProcessId, message.Credentials!.ProcessId);
            Assert.Equal(LibcIdentity.EffectiveUser(), message.Credentials.UserId);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Root_may_name_another_user_and_an_ordinary_user_may_not()
    {
        using var socket = UnixDatagram.Bind(At("a"), ReceiveCredentials);
        if (OrdinaryUser.WeAreRoot)
        {
            using var sender = UnixDatagram.Create();
            sender.Send("hello"u8, new UnixAncillaryData { Credentials = new(1, 54321, 54322) }, At("a"));
            using var message = socket.Receive(new byte[10]);
            var credentials = message.Credentials!;
            Assert.Equal((1, 54321u, 54322u), (credentials.ProcessId, credentials.UserId, credentials.GroupId));
        }

        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "scripted-client", Temp["a"], "--type", "datagram");
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        Assert.Equal("failed EPERM", await peer.AskAsync($"send-as {peer.Id} 0 0 hello"));
        Assert.Equal("failed EPERM", await peer.AskAsync("send-as 1 65534 65534 hello"));
        var own = OrdinaryUser.WeAreRoot ? (65534u, 65534u) : (LibcIdentity.EffectiveUser(), LibcIdentity.EffectiveGroup());
        Assert.Equal("sent", await peer.AskAsync($"send-as {peer.Id} {own.Item1} {own.Item2} hello"));
        using var honest = socket.Receive(new byte[10]);
        Assert.Equal((peer.Id, own.Item1), (honest.Credentials!.ProcessId, honest.Credentials.UserId));
    }

    [Fact(Timeout = Limit)]
    public async Task A_datagram_of_another_user_has_the_numbers_of_that_user()
    {
        OtherUser.NeedsRoot();
        using var socket = UnixDatagram.Bind(At("a"), ReceiveCredentials);
        await using var peer = PeerProcess.StartUnder(Temp, OtherUser.With(777), "scripted-client", Temp["a"], "--type", "datagram");
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        Assert.Equal("sent", await peer.AskAsync("send hello"));
        using var message = await socket.ReceiveAsync(new byte[10], null, Token);
        Assert.Equal((OtherUser.Id, OtherUser.Group), (message.Credentials!.UserId, message.Credentials.GroupId));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_waits_for_room_and_keeps_its_descriptors(bool connected)
    {
        using var socket = UnixDatagram.Bind(At("a"), new UnixDatagramOptions { AcceptDescriptors = true });
        using var sender = UnixDatagram.Create();
        if (connected)
            sender.Connect(At("a"));
        using var tracked = new TrackedDescriptor();
        var ancillary = new UnixAncillaryData { Descriptors = [tracked.Descriptor] };
        const int messages = 100;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < messages; i++)
            {
                if (i % 2 == 0)
                    await sender.SendAsync(new[] { (byte)i }, ancillary, connected ? null : At("a"), Token);
                else
                    sender.Send([(byte)i], ancillary, connected ? null : At("a"));
            }
        }, Token);
        var buffer = new byte[1];
        for (var i = 0; i < messages; i++)
        {
            using var message = await socket.ReceiveAsync(buffer, null, Token);
            Assert.Equal((i, 1), (buffer[0], message.Descriptors.Count));
        }

        await sending;
        Assert.Equal(1, tracked.Count);
    }

    [Fact]
    public void Wrong_calls_are_refused()
    {
        using var sender = UnixDatagram.Create();
        Assert.Throws<ArgumentNullException>(() => sender.Send([], (UnixAncillaryData)null!));
        Assert.Throws<ArgumentException>(() => sender.Send([], new UnixAncillaryData(), UnixEndPoint.Unnamed));
        Assert.Equal(Errno.ENOTCONN, Assert.Throws<UnixSocketException>(() => sender.Send([1], new UnixAncillaryData())).Errno);
        var nobody = Assert.Throws<UnixSocketException>(() => sender.Send([1], new UnixAncillaryData(), At("nobody")));
        Assert.Equal((Errno.ENOENT, At("nobody")), (nobody.Errno, nobody.EndPoint));
    }

    private async Task<PeerProcess> TalkerAsync()
    {
        var peer = PeerProcess.Start("scripted-client", Temp["a"], "--type", "datagram");
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        return peer;
    }
}
