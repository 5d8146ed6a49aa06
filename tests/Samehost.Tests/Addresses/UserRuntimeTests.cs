using System.Diagnostics;
using System.Runtime.Versioning;
using Samehost.Addresses;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Addresses;

[UnsupportedOSPlatform("windows")]
public sealed class UserRuntimeTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("/a")]
    public void Only_a_plain_file_name_is_taken(string name)
    {
        var thrown = Assert.Throws<ArgumentException>(() => UnixEndPoint.UserRuntime(name));
        Assert.Contains("give one such as", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_directory_is_private()
    {
        var endPoint = UnixEndPoint.UserRuntime("app.sock");

        Assert.EndsWith("/app.sock", endPoint.Path!, StringComparison.Ordinal);
        Assert.Equal(Private, File.GetUnixFileMode(Path.GetDirectoryName(endPoint.Path!)!));
    }

    [Fact]
    public void The_session_directory_is_used_when_it_is_private()
    {
        using var directory = new AddressTestDirectory();

        Assert.Equal(directory.Path, UserRuntimeDirectory.Find(directory.Path + "/", "/nowhere", "/nowhere"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative")]
    [InlineData("/")]
    [InlineData("/nowhere/at/all")]
    public void Without_a_session_directory_one_is_created_and_found_again(string? session)
    {
        using var directory = new AddressTestDirectory();

        var made = UserRuntimeDirectory.Find(session, "/nowhere", directory.Path);
        Assert.StartsWith(directory.Path + "/samehost-", made, StringComparison.Ordinal);
        Assert.Equal(Private, File.GetUnixFileMode(made));
        Assert.Equal(made, UserRuntimeDirectory.Find(session, "/nowhere", directory.Path));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/root")] // that of another user, as su(1) keeps it
    public void Without_the_variable_the_directory_of_the_users_session_is_used(string? variable)
    {
        using var sessions = new AddressTestDirectory();
        var own = Directory.CreateDirectory($"{sessions.Path}/{LibcIdentity.EffectiveUser()}", Private).FullName;
        variable = LibcIdentity.EffectiveUser() == 0 && variable is not null ? "/nowhere" : variable;

        Assert.Equal(own, UserRuntimeDirectory.Find(variable, sessions.Path, "/nowhere"));
    }

    [Fact]
    public void A_directory_of_the_users_session_that_others_can_access_is_not_used()
    {
        using var sessions = new AddressTestDirectory();
        using var directory = new AddressTestDirectory();
        var own = Directory.CreateDirectory($"{sessions.Path}/{LibcIdentity.EffectiveUser()}", Private).FullName;
        File.SetUnixFileMode(own, Private | UnixFileMode.OtherExecute);

        Assert.StartsWith(
            directory.Path + "/samehost-", UserRuntimeDirectory.Find(null, sessions.Path, directory.Path), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_of_cron_or_su_and_one_of_the_session_mean_the_same_socket()
    {
        // A real /run/user/UID takes root to make; the user is one without any session.
        Peers.OtherUser.NeedsRoot();
        var session = $"/run/user/{Peers.OtherUser.Id}";
        Assert.False(Directory.Exists(session));
        using var directory = new Support.TestDirectory();
        Directory.CreateDirectory(session, Private);
        try
        {
            Support.Command.Run("chown", $"{Peers.OtherUser.Id}:{Peers.OtherUser.Group}", session);
            string[][] situations = [["-u", "XDG_RUNTIME_DIR"], [$"XDG_RUNTIME_DIR={session}"], ["XDG_RUNTIME_DIR=/run/user/0"]];
            foreach (var variables in situations)
            {
                await using var peer = PeerProcess.StartUnder(
                    directory, [.. Peers.OtherUser.With(), "env", .. variables], "user-runtime", "/app.sock");
                Assert.Equal($"{session}/app.sock", await peer.ReadLineAsync());
            }
        }
        finally
        {
            Directory.Delete(session);
        }
    }

    [Fact]
    public void A_session_directory_that_others_can_access_is_not_used()
    {
        using var directory = new AddressTestDirectory();
        var open = Directory.CreateDirectory(directory.Path + "/open").FullName;
        File.SetUnixFileMode(open, Private | UnixFileMode.OtherExecute);

        Assert.StartsWith(
            directory.Path + "/samehost-", UserRuntimeDirectory.Find(open, "/nowhere", directory.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fallback_directory_that_others_can_access_is_refused()
    {
        using var directory = new AddressTestDirectory();
        var made = UserRuntimeDirectory.Find(null, "/nowhere", directory.Path);
        File.SetUnixFileMode(made, Private | UnixFileMode.GroupRead);

        var thrown = Assert.Throws<IOException>(() => UserRuntimeDirectory.Find(null, "/nowhere", directory.Path));
        Assert.Contains("has mode 0740 instead of 0700", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbolic_link_as_fallback_directory_is_refused()
    {
        using var directory = new AddressTestDirectory();
        var made = UserRuntimeDirectory.Find(null, "/nowhere", directory.Path);
        Directory.Move(made, directory.Path + "/elsewhere");
        Directory.CreateSymbolicLink(made, directory.Path + "/elsewhere");

        var thrown = Assert.Throws<IOException>(() => UserRuntimeDirectory.Find(null, "/nowhere", directory.Path));
        Assert.Contains("is not a directory", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_another_user_is_not_used()
    {
        using var directory = new AddressTestDirectory();
        var theirs = "/root"; // private, and not ours unless we are root, who can give one away
        if (LibcIdentity.EffectiveUser() == 0)
        {
            theirs = UserRuntimeDirectory.Find(null, "/nowhere", directory.Path);
            using var chown = Process.Start("chown", ["12345", theirs]);
            chown.WaitForExit();
            var thrown = Assert.Throws<IOException>(() => UserRuntimeDirectory.Find(null, "/nowhere", directory.Path));
            Assert.Contains("belongs to user 12345", thrown.Message, StringComparison.Ordinal);
        }

        using var other = new AddressTestDirectory();
        Assert.StartsWith(other.Path, UserRuntimeDirectory.Find(theirs, "/nowhere", other.Path), StringComparison.Ordinal);
    }
}
