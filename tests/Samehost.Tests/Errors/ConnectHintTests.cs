using System.Runtime.Versioning;
using Samehost.Interop;
using Samehost.Tests.Addresses;
using Samehost.Tests.Errors.Interop;
using Xunit;

namespace Samehost.Tests.Errors;

[UnsupportedOSPlatform("windows")]
[Collection(Support.NonParallel.Name)]
public sealed class ConnectHintTests : IDisposable
{
    private readonly AddressTestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_missing_file_in_a_directory_that_exists() =>
        Expect(Errno.ENOENT, $"{_directory.Path} has nothing named s in it", FailingCalls.Connect(At("s")));

    [Fact]
    public void A_missing_directory_is_named_with_the_deepest_one_that_exists() =>
        Expect(Errno.ENOENT, $"{_directory.Path} has no directory named a in it", FailingCalls.Connect(At("a/b/s")));

    [Fact]
    public void A_symbolic_link_to_nothing()
    {
        File.CreateSymbolicLink(At("s").Path!, "nowhere");

        Expect(Errno.ENOENT, "has nothing named nowhere in it. The link", FailingCalls.Connect(At("s")));
    }

    [Fact]
    public void A_stale_socket_file()
    {
        FailingCalls.Listening(At("s")).Dispose();

        Expect(Errno.ECONNREFUSED, "is a stale socket file", FailingCalls.Connect(At("s")));
    }

    [Fact]
    public void A_socket_that_is_bound_and_does_not_listen()
    {
        using var bound = FailingCalls.Bound(At("s"));

        Expect(Errno.ECONNREFUSED, "does not listen", FailingCalls.Connect(At("s")));
    }

    [Fact]
    public void A_regular_file()
    {
        File.WriteAllText(At("s").Path!, "");

        Expect(Errno.ECONNREFUSED, "is a regular file and no socket", FailingCalls.Connect(At("s")));
    }

    [Fact]
    public void A_directory() => Expect(Errno.ECONNREFUSED, "is a directory and no socket", FailingCalls.Connect(At(".")));

    [Fact]
    public void A_component_of_the_path_that_is_not_a_directory()
    {
        File.WriteAllText(At("f").Path!, "");

        Expect(Errno.ENOTDIR, $"{_directory.Path}/f is not a directory", FailingCalls.Connect(At("f/a/s")));
    }

    [Fact]
    public void Links_in_a_circle()
    {
        File.CreateSymbolicLink(At("a").Path!, "b");
        File.CreateSymbolicLink(At("b").Path!, "a");

        Expect(Errno.ELOOP, "lead in a circle", FailingCalls.Connect(At("a/s")));
    }

    [Fact]
    public void A_file_name_that_is_too_long_for_the_kernel()
    {
        // Our own limit is far below that of a file name (255), but a link on the path can lead beyond it.
        File.CreateSymbolicLink(At("l").Path!, new string('a', 256));

        Expect(Errno.ENAMETOOLONG, "use a shorter one", FailingCalls.Connect(At("l")));
    }

    [Fact]
    public void A_socket_of_another_type()
    {
        using var datagram = FailingCalls.Bound(At("s"), LibcSocket.SOCK_DGRAM);

        Expect(Errno.EPROTOTYPE, "of another type", FailingCalls.Connect(At("s")));
    }

    [Fact]
    public void A_full_backlog()
    {
        using var listener = FailingCalls.Listening(At("s"), backlog: 0);
        using var first = FailingCalls.Socket();
        Assert.Null(FailingCalls.Connect(first, At("s")));

        Expect(Errno.EAGAIN, "is full: 1 connection waits to be accepted", FailingCalls.Connect(At("s")));
    }

    [Fact]
    public void A_socket_file_that_this_user_may_not_write_to()
    {
        using var listener = FailingCalls.Listening(At("s"));
        File.SetUnixFileMode(At("s").Path!, UnixFileMode.UserRead);
        File.SetUnixFileMode(_directory.Path, All);

        Expect(
            Errno.EACCES,
            "which connecting takes: it belongs to",
            FileSystemUser.WithoutPrivileges(() => FailingCalls.Connect(At("s"))));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("socket")]
    [InlineData("directory")]
    [InlineData("ACL")]
    public async Task A_user_who_has_become_a_member_of_the_group_after_the_login_is_asked_to_log_in_again(string where)
    {
        Peers.OtherUser.NeedsRoot();
        const uint User = 1; // a user of every system with a group of its own, without which the client is started
        var group = LibcAccount.FindGroupName(LibcAccount.FindGroupsOf(User)[0])!;
        using var directory = new Support.TestDirectory();
        directory.MakeDirectory("d", 0b111_101_101);
        using var listener = FailingCalls.Listening(UnixEndPoint.FromPath(directory["d/s"]));
        File.SetUnixFileMode(directory["d/s"], (UnixFileMode)(where == "socket" ? 0b110_110_000 : 0b110_110_110));
        if (where == "socket")
            Support.Command.Run("chgrp", group, directory["d/s"]);
        if (where == "directory")
        {
            Support.Command.Run("chgrp", group, directory["d"]);
            File.SetUnixFileMode(directory["d"], (UnixFileMode)0b111_101_000);
        }
        if (where == "ACL")
            Support.Command.Run("setfacl", "-m", $"g:{group}:rw,o::-", directory["d/s"]);

        string[] started = ["setpriv", $"--reuid={User}", $"--regid={Peers.OtherUser.Group}"];
        await using var older = PeerProcess.StartUnder(directory, [.. started, "--clear-groups"], "connect", directory["d/s"]);
        Assert.Equal("failed EACCES connect failed: Permission denied (13)", await older.ReadLineAsync());
        var hint = await older.ReadLineAsync();
        Assert.Contains($"Log in again, or run newgrp {group}; restart a service.", hint, StringComparison.Ordinal);
        Assert.DoesNotContain("setfacl", hint, StringComparison.Ordinal);

        await using var newer = PeerProcess.StartUnder(directory, [.. started, "--init-groups"], "connect", directory["d/s"]);
        await newer.ExpectAsync("ready");
    }

    [Fact]
    public void A_directory_that_this_user_may_not_pass_through()
    {
        Directory.CreateDirectory(At("closed").Path!, UnixFileMode.None);
        File.SetUnixFileMode(_directory.Path, All);

        var failure = FileSystemUser.WithoutPrivileges(() => FailingCalls.Connect(At("closed/s")));
        File.SetUnixFileMode(At("closed").Path!, UnixFileMode.UserExecute | UnixFileMode.UserRead); // or it could not be deleted

        Expect(Errno.EACCES, $"may not pass through {_directory.Path}/closed", failure);
    }

    [Fact]
    public void An_abstract_name_that_no_socket_has() => Expect(
        Errno.ECONNREFUSED, "in this network namespace", FailingCalls.Connect(UnixEndPoint.Parse($"@samehost-{Guid.NewGuid():N}")));

    [Fact]
    public void A_path_that_is_printed_escaped_gets_a_hint_about_that_path_and_no_other()
    {
        File.WriteAllText(At("ab").Path!, "");
        File.WriteAllText($"{_directory.Path}/a\\x0ab", "");

        Expect(Errno.ENOENT, @"has nothing named a\x0ab in it", FailingCalls.Connect(At("a\nb")));
    }

    [Fact]
    public void A_hint_is_not_refuted_when_the_server_has_started_meanwhile()
    {
        var failure = new UnixSocketException(Errno.ENOENT, "connect", At("s"));
        using var listener = FailingCalls.Listening(At("s"));

        Expect(Errno.ENOENT, "By now it seems to work", failure);
    }

    [Fact]
    public void An_abstract_name_of_a_server_that_has_started_meanwhile()
    {
        var name = UnixEndPoint.Parse($"@samehost-{Guid.NewGuid():N}");
        var failure = new UnixSocketException(Errno.ECONNREFUSED, "connect", name);
        using var listener = FailingCalls.Listening(name);

        Expect(Errno.ECONNREFUSED, "By now it seems to work", failure);
    }

    [Fact]
    public void Permissions_that_allow_the_call_are_not_reported_as_the_reason()
    {
        using var listener = FailingCalls.Listening(At("s"));

        Expect(Errno.EACCES, "a security policy", new UnixSocketException(Errno.EACCES, "connect", At("s")));
    }

    [Fact]
    public void A_process_without_descriptors_gets_the_hint_about_them() =>
        Expect(Errno.EMFILE, "ulimit -n", new UnixSocketException(Errno.EMFILE, "connect", At("s")));

    [Fact]
    public void An_address_without_a_name() =>
        Expect(Errno.EINVAL, "leads nowhere", FailingCalls.Connect(UnixEndPoint.Unnamed));

    private const UnixFileMode All = (UnixFileMode)0x1FF;

    private UnixEndPoint At(string name) => UnixEndPoint.FromPath($"{_directory.Path}/{name}");

    private static void Expect(Errno errno, string hint, UnixSocketException? failure)
    {
        Assert.NotNull(failure);
        Assert.Equal(errno, failure.Errno);
        Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
    }
}
