using System.Globalization;
using Samehost.Interop;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class PeerCredentialsTests : SocketTest
{
    [Fact]
    public void GroupNames_has_the_name_of_each_group_once()
    {
        var (first, second) = UnixStream.CreatePair();
        using (first)
        using (second)
        {
            var peer = first.GetPeerCredentials();

            Assert.Contains(peer.GroupName, peer.GroupNames);
            Assert.Equal(peer.GroupNames.Distinct(), peer.GroupNames);
            Assert.True(peer.GroupNames.Count <= peer.Groups.Count + 1);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task The_ends_of_a_stream_have_each_others_process_user_and_groups()
    {
        using var listener = UnixListener.Listen(At("a"));
        await using var peer = await ConnectedAsync("stream");
        using var accepted = await listener.AcceptAsync(Token);
        IsOurUser(accepted.GetPeerCredentials(), peer.Id);
        using var client = await UnixStream.ConnectAsync(At("a"), null, Token);
        IsOurUser(client.GetPeerCredentials(), Environment.ProcessId);
    }

    [Fact(Timeout = Limit)]
    public async Task The_ends_of_a_seqpacket_have_each_others_process_user_and_groups()
    {
        using var listener = UnixSeqpacketListener.Listen(At("a"));
        await using var peer = await ConnectedAsync("seqpacket");
        using var accepted = await listener.AcceptAsync(Token);
        IsOurUser(accepted.GetPeerCredentials(), peer.Id);
        using var client = await UnixSeqpacket.ConnectAsync(At("a"), null, Token);
        IsOurUser(client.GetPeerCredentials(), Environment.ProcessId);
    }

    [Fact]
    public void The_ends_of_a_pair_have_the_credentials_of_the_process_that_created_it()
    {
        var (first, second) = UnixStream.CreatePair();
        using (first)
        using (second)
        {
            IsOurUser(first.GetPeerCredentials(), Environment.ProcessId);
            IsOurUser(second.GetPeerCredentials(), Environment.ProcessId);
        }

        var (one, other) = UnixSeqpacket.CreatePair();
        using (one)
        using (other)
            IsOurUser(one.GetPeerCredentials(), Environment.ProcessId);
    }

    [Fact(Timeout = Limit)]
    public async Task Another_user_has_its_numbers_and_all_its_thousand_groups()
    {
        OtherUser.NeedsRoot();
        uint[] groups = [.. Enumerable.Range(30_000, 1_000).Select(n => (uint)n)];
        using var listener = UnixListener.Listen(At("a"), ForAnyone);
        await using var peer = PeerProcess.StartUnder(Temp, OtherUser.With(groups), "scripted-client", Temp["a"]);
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        using var accepted = await listener.AcceptAsync(Token);
        var credentials = accepted.GetPeerCredentials();
        Assert.Equal((OtherUser.Id, OtherUser.Group), (credentials.UserId, credentials.GroupId));
        Assert.Equal(groups, credentials.Groups);
        Assert.True(credentials.IsInGroup(30_999));
        Assert.True(credentials.IsInGroup(OtherUser.Group));
        Assert.False(credentials.IsInGroup(31_000));
        Assert.Null(credentials.UserName);
        Assert.Null(credentials.GroupName);
        Assert.False(credentials.IsUnmapped);
        Assert.Equal($"(uid 12345, gid 23456, pid {peer.Id})", credentials.ToString());
    }

    [Fact]
    public void Names_are_those_of_the_account_database()
    {
        var root = PeerPolicyTests.Peer(0, 0, 42);
        Assert.Equal(("root", "root", "root (uid 0, gid 0, pid 42)"), (root.UserName, root.GroupName, root.ToString()));
        var nobody = Command.Run("getent", "passwd", "65534").Split(':');
        Assert.Equal(nobody[0], PeerPolicyTests.Peer(65534).UserName);
        var unknown = PeerPolicyTests.Peer(4_000_000_000, 4_000_000_001, 42);
        Assert.Equal((null, null, "(uid 4000000000, gid 4000000001, pid 42)"), (unknown.UserName, unknown.GroupName, unknown.ToString()));
    }

    [Fact]
    public void The_security_label_is_that_of_the_security_module_or_null()
    {
        string? own;
        try
        {
            own = File.ReadAllText("/proc/self/attr/current").TrimEnd('\0', '\n');
        }
        catch (IOException)
        {
            own = null; // no module that has labels
        }

        var (first, second) = UnixStream.CreatePair();
        using var one = first;
        using var other = second;
        var label = one.GetPeerCredentials().SecurityLabel;
        Assert.True(label is null || label == own, $"'{label}' instead of '{own}'");
        Assert.NotEqual("", label);
    }

    [Fact]
    public void A_socket_without_a_peer_has_no_credentials()
    {
        using var datagram = UnixDatagram.Create();
        var failure = Assert.Throws<UnixSocketException>(() => PeerCredentials.Of((Descriptor)datagram.SafeHandle));
        Assert.Equal(Errno.ENOTCONN, failure.Errno);
        Assert.Throws<UnixSocketException>(() => Samehost.PeerProcess.Of((Descriptor)datagram.SafeHandle));
    }

    private static UnixListenerOptions ForAnyone => new()
    {
        PeerPolicy = PeerPolicy.Anyone,
        SocketFile = new SocketFileOptions { Mode = (UnixFileMode)0b110_110_110 },
    };

    private async Task<PeerProcess> ConnectedAsync(string type)
    {
        var peer = PeerProcess.Start("scripted-client", Temp["a"], "--type", type);
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        return peer;
    }

    private static void IsOurUser(PeerCredentials credentials, int process)
    {
        Assert.Equal(process, credentials.ProcessId);
        Assert.Equal(LibcIdentity.EffectiveUser(), credentials.UserId);
        Assert.Equal(LibcIdentity.EffectiveGroup(), credentials.GroupId);
        var groups = Command.Run("id", "-G").Split(' ').Select(g => uint.Parse(g, CultureInfo.InvariantCulture));
        Assert.Equal(groups.Order(), credentials.Groups.Append(credentials.GroupId).Distinct().Order());
        Assert.False(credentials.IsUnmapped);
    }
}
