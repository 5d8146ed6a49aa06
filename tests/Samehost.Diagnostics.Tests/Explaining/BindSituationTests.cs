using System.Net.Sockets;
using Samehost.Tests.House;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>What is predicted for binding is what the library's own bind then comes to, for that very user.</summary>
[Collection(NonParallel.Name)]
public sealed class BindSituationTests
{
    private const int Limit = 120_000;

    private static readonly (string Name, bool IsForRoot, Func<SituationDirectory, string> Make)[] All =
    [
        ("free place", false, f => Own(f, 0b111_101_101) + "/a.sock"),
        ("missing directory", false, f => Own(f, 0b111_101_101) + "/b/a.sock"),
        ("not the user's directory", false, f => f.Temp.MakeDirectory("d", 0b111_101_101) + "/a.sock"),
        ("closed directory", false, f => f.Temp.MakeDirectory("d", 0b111_000_000) + "/a.sock"),
        ("closed directory, as root", true, f => f.Temp.MakeDirectory("d", 0) + "/a.sock"),
        ("writable without search permission", false, f => f.Temp.MakeDirectory("d", 0b111_000_010) + "/a.sock"),
        ("ACL that lets the user in", false, f =>
        {
            var directory = f.Temp.MakeDirectory("d", 0b111_000_000);
            Command.Run("setfacl", "-m", $"u:{OtherUser.Id}:rwx", directory);
            return directory + "/a.sock";
        }),
        ("everybody's directory", false, f => f.Temp.MakeDirectory("d", 0b111_111_111) + "/a.sock"),
        ("sticky directory of everybody", false, f => f.Temp.MakeDirectory("d", 0b1_111_111_111) + "/a.sock"),
        ("below everybody's directory", false, f => Below(f, 0b111_111_111)),
        ("below a sticky directory of everybody", false, f => Below(f, 0b1_111_111_111)),
        ("missing below everybody's directory", false, f => f.Temp.MakeDirectory("d", 0b111_111_111) + "/b/a.sock"),
        ("everybody's directory behind a closed one", false, f =>
        {
            f.Temp.MakeDirectory("d", 0b111_000_000);
            return f.Temp.MakeDirectory("d/e", 0b111_111_111) + "/a.sock";
        }),
        ("a closed directory in everybody's", false, f =>
        {
            f.Temp.MakeDirectory("d", 0b111_111_111);
            return f.Temp.MakeDirectory("d/e", 0b111_000_000) + "/a.sock";
        }),
        ("a link in everybody's directory", false, f =>
        {
            f.Temp.MakeDirectory("e", 0b111_111_111);
            File.CreateSymbolicLink(f["e/l"], Own(f, 0b111_101_101));
            return f["e/l/a.sock"];
        }),
        ("a link through everybody's directory", false, f =>
        {
            File.CreateSymbolicLink(f["l"], Path.GetDirectoryName(Below(f, 0b111_111_111))!);
            return f["l/a.sock"];
        }),
        ("live socket below everybody's directory", false, f => In(f, 0b111_111_111, () =>
        {
            f.Temp.MakeDirectory("d/e", 0b111_101_101);
            return f.Serve("d/e/a.sock");
        })),
        ("own stale file", false, f =>
        {
            string directory = Own(f, 0b111_101_101), path = f.LeaveStaleFile("d/a.sock");
            Command.Run("chown", $"{OtherUser.Id}", path);
            return directory + "/a.sock";
        }),
        ("stale file that everybody may write to", false, f => In(f, 0b111_101_101, () => f.LeaveStaleFile("d/a.sock"))),
        ("stale file that only root may write to", false, f => In(f, 0b111_101_101, () =>
        {
            var path = f.LeaveStaleFile("d/a.sock");
            f.SetMode(path, 0b110_000_000);
            return path;
        })),
        ("stale file of another in a sticky directory", false, f =>
        {
            f.Temp.MakeDirectory("d", 0b1_111_111_111);
            return f.LeaveStaleFile("d/a.sock");
        }),
        ("stale file in a directory of root", false, f =>
        {
            f.Temp.MakeDirectory("d", 0b111_101_101);
            return f.LeaveStaleFile("d/a.sock");
        }),
        ("live socket", false, f => In(f, 0b111_101_101, () => f.Serve("d/a.sock"))),
        ("bound socket", false, f => In(f, 0b111_101_101, () => f.Bind("d/a.sock", SocketType.Seqpacket, out _))),
        ("regular file", false, f => In(f, 0b111_101_101, () =>
        {
            File.WriteAllText(f["d/a.sock"], "");
            return f["d/a.sock"];
        })),
        ("directory", false, f => In(f, 0b111_101_101, () => Directory.CreateDirectory(f["d/a.sock"]).FullName)),
        ("link to nothing", false, f => In(f, 0b111_101_101, () => File.CreateSymbolicLink(f["d/a.sock"], "gone").FullName)),
        ("something below a file", false, f =>
        {
            File.WriteAllText(f["d"], "");
            return f["d/a.sock"];
        }),
        ("a directory that is a link", false, f =>
        {
            Own(f, 0b111_101_101);
            File.CreateSymbolicLink(f["l"], "d");
            return f["l/a.sock"];
        }),
        ("proc", true, _ => "/proc/samehost.sock"),
        ("sysfs", true, _ => "/sys/samehost.sock"),
    ];

    [Fact(Timeout = Limit)]
    public async Task Every_situation_is_explained_as_the_bind_turns_out()
    {
        OtherUser.NeedsRoot();
        var wrong = new List<string>();
        await using var home = new SituationDirectory();
        CallingUser root = await home.StartAsync(), other = await home.StartAsync(OtherUser.With());
        foreach ((var name, var isForRoot, var make) in All)
        {
            await using var folder = new SituationDirectory();
            var path = make(folder);
            var user = isForRoot ? null : new UnixUser(OtherUser.Id, OtherUser.Group);
            var verdict = UnixExplanation.ExplainBind(path, new UnixExplainOptions { User = user }).Verdict;
            var caller = isForRoot ? root : other;
            Errno own = await caller.CallAsync("explain-bind", path), real = await caller.CallAsync("safe-bind", path);
            if (verdict.Errno != real || own != real || verdict.Outcome != (real == 0 ? UnixOutcome.Works : UnixOutcome.Fails))
                wrong.Add($"{name}: predicted {verdict.Outcome} {verdict.Errno}, the user itself {own}, was {real}");
        }
        Rule.HasNoExceptions(wrong);
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_only_file_system_is_predicted()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        var mounted = folder.Temp.MakeDirectory("m", 0b111_101_101);
        var caller = await folder.StartAsync(
            "unshare", "--mount", "sh", "-c", $"mount -t tmpfs -o ro none {mounted} && exec \"$0\" \"$@\"");

        Assert.Equal(Errno.EROFS, await caller.CallAsync("bind", mounted + "/a.sock"));
        Assert.Equal(Errno.EROFS, await caller.CallAsync("explain-bind", mounted + "/a.sock"));
        Assert.Equal(Errno.EROFS, await caller.CallAsync("connect", mounted));
        Assert.Equal(Errno.EROFS, await caller.CallAsync("explain", mounted));
    }

    [Fact(Timeout = Limit)]
    public async Task A_full_file_system_is_predicted()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        var mounted = folder.Temp.MakeDirectory("m", 0b111_101_101);
        var caller = await folder.StartAsync(
            "unshare", "--mount", "sh", "-c", $"mount -t tmpfs -o nr_inodes=1 none {mounted} && exec \"$0\" \"$@\"");

        Assert.Equal(Errno.ENOSPC, await caller.CallAsync("bind", mounted + "/a.sock"));
        Assert.Equal(Errno.ENOSPC, await caller.CallAsync("explain-bind", mounted + "/a.sock"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_system_without_sockets_is_predicted()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        var mounted = folder.Temp.MakeDirectory("m", 0b111_101_101);
        foreach (var fileSystem in (string[])["mqueue", "bpf", "tracefs"])
        {
            var caller = await folder.StartAsync(
                "unshare", "--mount", "sh", "-c", $"mount -t {fileSystem} none {mounted} && chmod 755 {mounted} && exec \"$0\" \"$@\"");
            Assert.Equal(Errno.EPERM, await caller.CallAsync("bind", mounted + "/a.sock"));
            Assert.Equal(Errno.EPERM, await caller.CallAsync("explain-bind", mounted + "/a.sock"));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_stale_file_that_is_mounted_is_not_replaced()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string stale = folder.LeaveStaleFile("stale"), place = folder["a.sock"];
        File.WriteAllText(place, "");
        var caller = await folder.StartAsync(
            "unshare", "--mount", "sh", "-c", $"mount --bind {stale} {place} && exec \"$0\" \"$@\"");

        Assert.Equal(Errno.EBUSY, await caller.CallAsync("safe-bind", place));
        Assert.Equal(Errno.EBUSY, await caller.CallAsync("explain-bind", place));
    }

    [Theory(Timeout = Limit)]
    [InlineData("i")]
    [InlineData("a")]
    public async Task A_stale_file_in_a_directory_that_does_not_allow_removal_is_not_replaced(string attribute)
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string directory = folder.Temp.MakeDirectory("d", 0b111_101_101), path = folder.LeaveStaleFile("d/a.sock");
        CallingUser root = await folder.StartAsync(), other = await folder.StartAsync(OtherUser.With());
        Command.Run("chattr", "+" + attribute, directory);
        try
        {
            foreach (var caller in (CallingUser[])[root, other])
                Assert.Equal(await caller.CallAsync("safe-bind", path), await caller.CallAsync("explain-bind", path));
            Assert.Equal(Errno.EPERM, UnixExplanation.ExplainBind(path).Verdict.Errno);
        }
        finally
        {
            Command.Run("chattr", "-" + attribute, directory);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_path_that_ends_in_a_slash_names_a_directory()
    {
        await using var folder = new SituationDirectory();
        var caller = await folder.StartAsync();
        string missing = folder["a.sock/"], present = folder.Temp.MakeDirectory("d", 0b111_101_101) + "/";

        Assert.Equal(Errno.ENOENT, await caller.CallAsync("bind", missing));
        Assert.Equal(Errno.ENOENT, UnixExplanation.ExplainBind(missing).Verdict.Errno);
        Assert.Equal(await caller.CallAsync("bind", present), UnixExplanation.ExplainBind(present).Verdict.Errno);
    }

    [Fact(Timeout = Limit)]
    public async Task An_abstract_name_is_taken_or_free()
    {
        await using var folder = new SituationDirectory();
        var caller = await folder.StartAsync();
        var name = $"@app-{Guid.NewGuid():N}";

        Assert.Equal(UnixOutcome.Works, UnixExplanation.ExplainBind(name).Verdict.Outcome);
        Assert.Equal(Errno.None, await caller.CallAsync("keep", name));
        Assert.Equal(Errno.EADDRINUSE, UnixExplanation.ExplainBind(name).Verdict.Errno);
        Assert.Equal(Errno.EADDRINUSE, await caller.CallAsync("bind", name));
        Assert.Equal(UnixOutcome.Works, UnixExplanation.ExplainBind(name, new() { SocketType = SocketType.Dgram }).Verdict.Outcome);
        Assert.Equal(Errno.None, await caller.CallAsync("keep", name, SocketType.Dgram));
    }

    private static string Own(SituationDirectory folder, int mode)
    {
        var directory = folder.Temp.MakeDirectory("d", mode);
        Command.Run("chown", $"{OtherUser.Id}:{OtherUser.Group}", directory);
        return directory;
    }

    private static string Below(SituationDirectory folder, int mode)
    {
        folder.Temp.MakeDirectory("d", mode);
        var directory = folder.Temp.MakeDirectory("d/e", 0b111_101_101);
        Command.Run("chown", $"{OtherUser.Id}:{OtherUser.Group}", directory);
        return directory + "/a.sock";
    }

    private static string In(SituationDirectory folder, int mode, Func<string> make)
    {
        Own(folder, mode);
        return make();
    }
}
