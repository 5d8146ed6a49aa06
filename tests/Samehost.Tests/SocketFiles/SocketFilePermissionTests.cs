using Samehost.Interop;
using Samehost.SocketFiles;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.SocketFiles;

public sealed class SocketFilePermissionTests : SocketFileFixture
{
    private const UnixFileMode Shared = (UnixFileMode)0b110_110_000;

    [Fact]
    public void The_file_is_for_its_owner_alone_by_default()
    {
        using var file = Bind();
        Assert.Equal(0b110_000_000u, StatusOf(SocketPath).Permissions);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("022", "660", 0b110_110_000u)]
    [InlineData("077", "666", 0b110_110_110u)]
    [InlineData("000", "600", 0b110_000_000u)]
    [InlineData("777", "600", 0b110_000_000u)]
    public async Task The_mode_is_as_wanted_whatever_the_umask(string umask, string mode, uint expected)
    {
        await using var peer = PeerProcess.StartWithUmask(umask, "bind-and-hold", SocketPath, "--mode", mode);
        await peer.ExpectAsync("ready");
        Assert.Equal(expected, StatusOf(SocketPath).Permissions);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_mode_is_never_wider_than_wanted_not_even_for_a_moment()
    {
        var seen = await WatchWhile(s => s.Permissions, () => Bind().Dispose());
        Assert.Equal(0b110_000_000u, seen);
    }

    [Fact(Timeout = 180_000)]
    public async Task No_group_but_the_wanted_one_ever_has_permissions()
    {
        var group = uint.Parse(AnotherGroup(), System.Globalization.CultureInfo.InvariantCulture);
        var options = new SocketFileOptions { Mode = Shared, Group = AnotherGroup() };
        var seen = await WatchWhile(s => s.Group == group ? 0 : s.Permissions & 0b000_111_111, () => Bind(options).Dispose());
        Assert.Equal(0u, seen);
    }

    [Fact]
    public void The_file_is_given_to_a_group_by_number_or_by_name()
    {
        var number = AnotherGroup();
        var name = Command.Run("getent", "group", number).Split(':')[0];
        foreach (var group in new[] { number, name })
        {
            using var file = Bind(new SocketFileOptions { Mode = Shared, Group = group });
            var status = StatusOf(SocketPath);
            Assert.Equal(number, $"{status.Group}");
            Assert.Equal((uint)Shared, status.Permissions);
        }
    }

    [Fact]
    public void An_unknown_group_is_refused_before_anything_is_made()
    {
        var e = Refused(new SocketFileOptions { Group = "no such\ngroup" });
        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.StartsWith("There is no group named no such\\x0agroup", e.Hint, StringComparison.Ordinal);
        Assert.Empty(Temp.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_group_that_the_user_is_no_member_of_gives_EPERM_and_leaves_nothing()
    {
        var directory = Temp.MakeDirectory("theirs", 0b111_000_000);
        OrdinaryUser.Give(directory);
        await using var peer =
            PeerProcess.StartAsOrdinaryUser(Temp, "bind-and-hold", Path.Combine(directory, "a.sock"), "--group", "0");
        await peer.ExpectAsync("failed EPERM bind failed: Operation not permitted (1)");
        Assert.Equal(1, await peer.WaitAsync());
        Assert.Empty(Directory.GetFileSystemEntries(directory));
    }

    [Fact]
    public void A_mode_with_more_than_permissions_is_rejected() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SocketFileOptions { Mode = UnixFileMode.SetUser });

    [Fact]
    public void An_abstract_name_is_bound_without_any_file()
    {
        var name = UnixEndPoint.FromAbstractName($"samehost-test-{Guid.NewGuid():n}");
        using var file = SocketFile.Bind(NewSocket(), name);
        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<UnixSocketException>(() => SocketFile.Bind(NewSocket(), name)).Errno);
    }

    /// <summary>All bits that another thread saw at the path while something was done there many times.</summary>
    private async Task<uint> WatchWhile(Func<FileStatus, uint> look, Action repeat)
    {
        var path = System.Text.Encoding.UTF8.GetBytes(SocketPath);
        using var stop = new CancellationTokenSource();
        var sightings = 0;
        var watcher = Task.Run(() =>
        {
            uint seen = 0;
            while (!stop.IsCancellationRequested)
            {
                if (LibcFile.LinkStatus(path, out var status) < 0)
                    continue;
                seen |= look(status);
                Interlocked.Increment(ref sightings);
            }
            return seen;
        });
        for (var i = 0; i < 200 || Volatile.Read(ref sightings) < 50; i++)
            repeat();
        await stop.CancelAsync();
        return await watcher;
    }

    /// <summary>The number of a group, other than our first, that this user may give files to.</summary>
    private static string AnotherGroup()
    {
        var member = Command.Run("id", "-G").Split(' ');
        var other = OrdinaryUser.WeAreRoot ? "1" : member.FirstOrDefault(g => g != member[0]);
        Assert.SkipWhen(other is null, "add this user to a second group (usermod -aG), or run the tests as root");
        return other!;
    }
}
