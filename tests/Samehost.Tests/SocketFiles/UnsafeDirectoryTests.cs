using System.Text;
using Samehost.Inspection;
using Samehost.Interop;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.SocketFiles;

/// <summary>A user who can rename an entry on the way to a socket can serve in its place: each directory on the way is judged.</summary>
public sealed class UnsafeDirectoryTests : SocketFileFixture
{
    private const int Open = 0b111_111_111;
    private const int OpenButSticky = 0b1_111_111_111;
    private const int Ours = 0b111_101_101;

    [Fact]
    public void A_directory_below_one_that_every_user_may_change_is_refused_unless_allowed()
    {
        Temp.MakeDirectory("open", Open);
        var directory = Temp.MakeDirectory("open/mine", Ours);
        ExpectRefused(directory + "/a.sock", Temp["open"]);
        Assert.Empty(Directory.GetFileSystemEntries(directory));
        using var file = Bind(new SocketFileOptions { AllowUnsafeDirectory = true }, directory + "/a.sock");
    }

    [Fact]
    public void A_directory_at_any_level_above_the_file_counts()
    {
        Temp.MakeDirectory("open", Open);
        Temp.MakeDirectory("open/a", Ours);
        Temp.MakeDirectory("open/a/b", OpenButSticky);
        ExpectRefused(Temp.MakeDirectory("open/a/b/c", Ours) + "/a.sock", Temp["open"]);
    }

    [Theory]
    [InlineData(OpenButSticky)]
    [InlineData(0b111_111_101)] // its group may write
    public void A_directory_below_a_sticky_one_or_a_groups_is_taken(int mode)
    {
        Temp.MakeDirectory("above", mode);
        using var file = Bind(path: Temp.MakeDirectory("above/mine", Ours) + "/a.sock");
    }

    [Fact]
    public void A_link_that_lies_where_every_user_may_replace_it_is_refused()
    {
        Temp.MakeDirectory("open", Open);
        Temp.MakeDirectory("mine", Ours);
        Directory.CreateSymbolicLink(Temp["open/link"], Temp["mine"]);
        ExpectRefused(Temp["open/link/a.sock"], Temp["open"]);
        using var file = Bind(path: Temp["mine/a.sock"]);
    }

    [Theory]
    [InlineData("open/mine")]
    [InlineData("open/../open/mine")]
    [InlineData("{here}/open/mine")]
    [InlineData("second")]
    public void A_link_that_leads_through_a_directory_that_every_user_may_change_is_refused(string target)
    {
        Temp.MakeDirectory("open", Open);
        Temp.MakeDirectory("open/mine", Ours);
        Directory.CreateSymbolicLink(Temp["second"], "./open/./mine");
        Directory.CreateSymbolicLink(Temp["link"], target.Replace("{here}", Temp.FullPath, StringComparison.Ordinal));
        ExpectRefused(Temp["link/a.sock"], Temp["open"]);
    }

    [Fact]
    public void A_descriptors_path_in_proc_is_judged_by_where_it_leads()
    {
        Temp.MakeDirectory("open", Open);
        string inside = Temp.MakeDirectory("open/mine", Ours), beside = Temp.MakeDirectory("mine", Ours);
        ExpectRefused(PathOf(inside, out var unsafeOne) + "/a.sock", Temp["open"]);
        using (unsafeOne)
        using (Bind(path: PathOf(beside, out var safeOne) + "/a.sock"))
        using (safeOne)
            Assert.True(File.Exists(Temp["mine/a.sock"]));
    }

    [Fact]
    public void Only_directories_in_which_a_name_is_looked_up_count()
    {
        Temp.MakeDirectory("open", Open);
        Temp.MakeDirectory("mine", Ours);
        using (Bind(path: Temp["open/../mine/a.sock"]))
            Assert.True(File.Exists(Temp["mine/a.sock"])); // no other user can change what is above "open"
        Temp.MakeDirectory("open/below", Ours);
        ExpectRefused(Temp["open/below/../../mine/a.sock"], Temp["open"]);
    }

    [Fact]
    public void A_missing_directory_below_an_unsafe_one_is_refused()
    {
        Temp.MakeDirectory("open", Open);
        ExpectRefused(Temp["open/missing/a.sock"], Temp["open"]);
    }

    [Fact]
    public void A_link_to_itself_and_a_file_on_the_way_fail_as_in_bind()
    {
        File.CreateSymbolicLink(Temp["loop"], "loop");
        File.WriteAllText(Temp["file"], "");
        Assert.Equal(Errno.ELOOP, Refused(path: Temp["loop/a.sock"]).Errno);
        Assert.Equal(Errno.ENOTDIR, Refused(path: Temp["file/a.sock"]).Errno);
        Assert.Equal(Errno.ENOENT, Refused(path: Temp["missing/a.sock"]).Errno);
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_a_relative_path_the_directories_above_the_working_directory_count()
    {
        await using var folder = new SituationDirectory();
        folder.Temp.MakeDirectory("open", Open);
        folder.Temp.MakeDirectory("open/mine", Ours);
        folder.Temp.MakeDirectory("mine", Ours);
        var caller = await folder.StartAsync();
        await ExpectAsync(caller, folder["mine"], Errno.None);
        await ExpectAsync(caller, folder["open/mine"], Errno.EPERM);
    }

    /// <summary>The attack: another user moves our directory away and serves in its place.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Another_user_cannot_serve_in_our_place()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        folder.Temp.MakeDirectory("open", Open);
        var path = folder.Temp.MakeDirectory("open/mine", Ours) + "/x.sock";
        var address = UnixEndPoint.FromPath(path);
        var refused = Assert.Throws<UnixSocketException>(() => UnixListener.Listen(address));
        Assert.Equal(Errno.EPERM, refused.Errno);
        Assert.Contains(folder["open"] + ", which is on the way to " + path, refused.Hint, StringComparison.Ordinal);

        // What the refusal is for: it can be done.
        var unsafely = new UnixListenerOptions { SocketFile = new SocketFileOptions { AllowUnsafeDirectory = true } };
        using var listener = UnixListener.Listen(address, unsafely);
        Command.Run("env", [.. OtherUser.With(), "sh", "-c", $"cd {folder["open"]} && mv mine away && mkdir mine"]);
        var impostor = await folder.StartAsync(OtherUser.With());
        Assert.Equal(Errno.None, await impostor.CallAsync("keep", path, backlog: 8));
    }

    private static string PathOf(string directory, out Descriptor opened)
    {
        Assert.True(LibcFile.Open(Encoding.UTF8.GetBytes(directory), LibcFile.O_PATH, 0, out var held) >= 0);
        opened = held!;
        return $"/proc/self/fd/{opened.Number}";
    }

    private static async Task ExpectAsync(CallingUser caller, string directory, Errno expected)
    {
        Assert.Equal(Errno.None, await caller.CallAsync("cd", directory));
        Assert.Equal(expected, await caller.CallAsync("safe-bind", "a.sock"));
        Assert.Equal(expected, await caller.CallAsync("explain-bind", "a.sock"));
        Assert.Equal(expected, await caller.CallAsync("safe-bind", "../mine/a.sock"));
        Assert.Equal(expected, await caller.CallAsync("explain-bind", "../mine/a.sock"));
    }

    private void ExpectRefused(string path, string unsafeDirectory)
    {
        var e = Refused(path: path);
        Assert.Equal(Errno.EPERM, e.Errno);
        Assert.Equal("bind", e.Operation);
        Assert.StartsWith($"Every user may replace files in {unsafeDirectory}", e.Hint, StringComparison.Ordinal);
        var foreseen = UnixExplanation.ExplainBind(path).Verdict;
        Assert.Equal(Errno.EPERM, foreseen.Errno);
        Assert.Contains($"in {unsafeDirectory}, which", foreseen.Reason, StringComparison.Ordinal);
        using var walk = PathWalk.ToOwnPlace(Encoding.UTF8.GetBytes(path));
        Assert.Equal(Errno.None, walk.Errno);
        Assert.Equal(unsafeDirectory, Encoding.UTF8.GetString(walk.Unsafe!.Path));
    }
}
