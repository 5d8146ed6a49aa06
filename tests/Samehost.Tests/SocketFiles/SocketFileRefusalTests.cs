using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.SocketFiles;

[Collection(NonParallel.Name)]
public sealed class SocketFileRefusalTests : SocketFileFixture
{
    [Fact]
    public void A_regular_file_is_refused_and_untouched()
    {
        File.WriteAllText(SocketPath, "precious");
        AssertRefusedAndUntouched("A regular file exists");
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_directory_is_refused_and_untouched()
    {
        Directory.CreateDirectory(SocketPath);
        File.WriteAllText(Path.Combine(SocketPath, "inside"), "");
        AssertRefusedAndUntouched("A directory exists");
        Assert.True(File.Exists(Path.Combine(SocketPath, "inside")));
    }

    [Fact]
    public void A_symbolic_link_to_a_stale_socket_is_refused_and_both_are_untouched()
    {
        var target = Temp["target.sock"];
        LeaveStaleFile(target);
        var before = StatusOf(target);
        File.CreateSymbolicLink(SocketPath, target);
        AssertRefusedAndUntouched("A symbolic link exists");
        Assert.Equal(before, StatusOf(target));
    }

    [Fact]
    public void A_dangling_symbolic_link_is_refused_and_nothing_appears_where_it_points()
    {
        File.CreateSymbolicLink(SocketPath, Temp["nowhere"]);
        AssertRefusedAndUntouched("A symbolic link exists");
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void A_listening_stream_socket_is_refused_and_sees_no_client()
    {
        var server = PlainBind();
        Assert.Equal(0, LibcSocket.Listen(server, 1));
        AssertRefusedAndUntouched($"A live socket of pid {Environment.ProcessId} (");
        Assert.Equal(-(int)Errno.EAGAIN, LibcSocket.Accept(server));
    }

    [Fact]
    public void A_stream_socket_that_does_not_listen_yet_is_refused()
    {
        PlainBind();
        AssertRefusedAndUntouched("A live socket of pid");
    }

    [Theory]
    [InlineData(LibcSocket.SOCK_DGRAM)]
    [InlineData(LibcSocket.SOCK_SEQPACKET)]
    public void A_live_socket_of_another_type_is_refused(int type)
    {
        PlainBind(type);
        AssertRefusedAndUntouched("A live socket of pid");
    }

    [Fact]
    public void A_datagram_socket_that_is_connected_elsewhere_is_refused()
    {
        var server = PlainBind(LibcSocket.SOCK_DGRAM);
        PlainBind(LibcSocket.SOCK_DGRAM, Temp["b.sock"]);
        Assert.Equal(0, LibcSocket.Connect(server, Address(Temp["b.sock"])));
        AssertRefusedAndUntouched("A live socket of pid");
    }

    [Fact]
    public void A_server_that_died_but_whose_accepted_connection_lives_on_is_replaced()
    {
        var server = PlainBind();
        Assert.Equal(0, LibcSocket.Listen(server, 1));
        Assert.Equal(0, LibcSocket.Connect(NewSocket(), Address(SocketPath)));
        using var accepted = new Descriptor(LibcSocket.Accept(server));
        server.Dispose();
        using var file = Bind();
        Assert.False(accepted.IsInvalid);
    }

    [Fact]
    public void A_stale_file_is_refused_when_replacing_is_turned_off()
    {
        LeaveStaleFile();
        AssertRefusedAndUntouched("A stale socket file exists", new SocketFileOptions { ReplaceStale = false });
    }

    [Fact(Timeout = 180_000)]
    public async Task A_live_server_in_another_process_is_named_and_continues()
    {
        await using var server = PeerProcess.Start("bind-and-hold", SocketPath);
        await server.ExpectAsync("ready");
        AssertRefusedAndUntouched($"A live socket of pid {server.Id} (dotnet), user ");
        Assert.Equal(0, LibcSocket.Connect(NewSocket(), Address(SocketPath)));
        Assert.Equal(0, await server.FinishAsync());
        Assert.Empty(Temp.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_file_that_this_user_may_not_write_to_is_unclear_and_refused()
    {
        var directory = Temp.MakeDirectory("theirs", 0b111_101_101);
        OrdinaryUser.Give(directory);
        var path = Path.Combine(directory, "a.sock");
        LeaveStaleFile(path);
        File.SetUnixFileMode(path, UnixFileMode.None);
        var before = StatusOf(path);
        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "bind-and-hold", path);
        await peer.ExpectAsync("failed EADDRINUSE bind failed: Address already in use (98)");
        await peer.ExpectAsync($"A socket file of user {Command.Run("id", "-un")} exists and was left untouched, " +
            "because it could not be seen whether it is in use (EACCES).");
        Assert.Equal(before, StatusOf(path));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_directory_that_this_user_may_not_write_to_gives_EACCES()
    {
        var path = Path.Combine(Temp.MakeDirectory("ours", 0b101_101_101), "a.sock");
        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "bind-and-hold", path);
        await peer.ExpectAsync("failed EACCES bind failed: Permission denied (13)");
    }

    [Fact]
    public void A_directory_that_every_user_may_change_is_refused_unless_allowed()
    {
        var path = Path.Combine(Temp.MakeDirectory("open", 0b111_111_111), "a.sock");
        var e = Refused(path: path);
        Assert.Equal(Errno.EPERM, e.Errno);
        Assert.Equal("bind", e.Operation);
        Assert.StartsWith("Every user may replace files in ", e.Hint, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));

        using (Bind(new SocketFileOptions { AllowUnsafeDirectory = true }, path))
            Assert.Equal(FileStatus.S_IFSOCK, StatusOf(path).Type);
    }

    [Fact]
    public void A_directory_with_the_sticky_bit_is_taken()
    {
        var path = Path.Combine(Temp.MakeDirectory("sticky", 0b1_111_111_111), "a.sock");
        using var file = Bind(path: path);
        Assert.Equal(FileStatus.S_IFSOCK, StatusOf(path).Type);
    }

    [Fact]
    public void A_missing_directory_gives_ENOENT() => Assert.Equal(Errno.ENOENT, Refused(path: Temp["missing/a.sock"]).Errno);

    private void AssertRefusedAndUntouched(string hint, SocketFileOptions? options = null)
    {
        var before = StatusOf(SocketPath);
        var names = Temp.Names;
        var e = Refused(options);
        Assert.Equal("bind failed: Address already in use (98)", e.Summary);
        Assert.StartsWith(hint, e.Hint, StringComparison.Ordinal);
        Assert.Contains("left untouched", e.Hint, StringComparison.Ordinal);
        Assert.Equal(before, StatusOf(SocketPath));
        Assert.Equal(names, Temp.Names);
    }
}
