using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class RequireServerTests : SocketTest
{
    private static UnixConnectOptions Require(string policy) => new() { RequireServer = PeerPolicy.Parse(policy) };

    [Fact(Timeout = Limit)]
    public async Task A_server_of_another_user_is_refused_before_a_byte_is_sent()
    {
        OtherUser.NeedsRoot();
        var place = Temp.MakeDirectory("theirs", 0b111_101_101);
        OrdinaryUser.Give(place);
        var path = Path.Combine(place, "a");
        await using var server = PeerProcess.StartAsOrdinaryUser(Temp, "report-credentials", path, "--mode", "666");
        await server.ExpectAsync("ready");
        var endPoint = UnixEndPoint.FromPath(path);
        var refused = await Assert.ThrowsAsync<UnixSocketException>(
            async () => await UnixStream.ConnectAsync(endPoint, Require("self,root"), Token));
        Assert.Equal((Errno.EACCES, "connect", endPoint), (refused.Errno, refused.Operation, refused.EndPoint));
        Assert.Contains("which the required policy 'self,root' does not allow", refused.Hint, StringComparison.Ordinal);
        await server.ExpectAsync("0 known refused");
        await server.ExpectAsync("received 0");

        using (var stream = await UnixStream.ConnectAsync(endPoint, Require("uid:65534"), Token))
            await stream.WriteAsync(new byte[3], Token);
        await server.ExpectAsync("0 known refused");
        await server.ExpectAsync("received 3");
    }

    [Theory(Timeout = Limit)]
    [InlineData("self", true)]
    [InlineData("anyone", true)]
    [InlineData("uid:4000000000", false)]
    public async Task All_ways_to_connect_check_the_server(string policy, bool allowed)
    {
        using var streams = UnixListener.Listen(At("a"));
        using var seqpackets = UnixSeqpacketListener.Listen(At("b"));
        foreach (var connect in new Func<Task<IDisposable>>[]
        {
            async () => await UnixStream.ConnectAsync(At("a"), Require(policy), Token),
            () => Task.FromResult<IDisposable>(UnixStream.Connect(At("a"), Require(policy))),
            async () => await UnixSeqpacket.ConnectAsync(At("b"), Require(policy), Token),
            () => Task.FromResult<IDisposable>(UnixSeqpacket.Connect(At("b"), Require(policy))),
        })
        {
            if (allowed)
                (await connect()).Dispose();
            else
                Assert.Equal(Errno.EACCES, (await Assert.ThrowsAsync<UnixSocketException>(connect)).Errno);
        }
    }
}
