using Samehost.Tests.Errors.Interop;
using Samehost.Tests.House;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>
/// What is predicted for each situation is what a real connect by that very user then gets, and the table in the documentation is what
/// was predicted.
/// </summary>
[Collection(NonParallel.Name)] // the working directory is the whole process's
public sealed class SituationTests
{
    private const string Page = "docs/tool/explain.md";
    private const string TableHead = "| situation | connect gives | why, in the words of the tool |\n| --- | --- | --- |\n";
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task Every_situation_is_explained_as_a_real_connect_turns_out()
    {
        OtherUser.NeedsRoot();
        var table = new List<string>();
        var wrong = new List<string>();
        await using var home = new SituationDirectory();
        CallingUser root = await home.StartAsync(), other = await home.StartAsync(OtherUser.With());
        foreach (var situation in Situations.All)
        {
            await using var folder = new SituationDirectory();
            var address = await situation.Make(folder);
            var explained = Explain(situation, address, folder);
            var caller = situation.IsForRoot ? root
                : situation.IsRelative ? await folder.StartAsync(OtherUser.With()) : other;
            var real = await caller.CallAsync("connect", address, situation.SocketType);
            if (await caller.CallAsync("explain", address, situation.SocketType) is var own && own != real)
                wrong.Add($"{situation.Name}: the user itself predicted {own}, was {real}");

            if (explained.Verdict.Errno != real || explained.Verdict.Outcome != (real == 0 ? UnixOutcome.Works : UnixOutcome.Fails))
                wrong.Add($"{situation.Name}: predicted {explained.Verdict.Outcome} {explained.Verdict.Errno}, was {real}");
            if (situation.Note is { } note && !explained.Notes.Any(n => n.Contains(note, StringComparison.Ordinal)))
                wrong.Add($"{situation.Name}: no note about \"{note}\" in {string.Join(' ', explained.Notes)}");
            table.Add(Row(situation, explained.Verdict, folder, address));
        }
        Rule.HasNoExceptions(wrong);
        IsInTheDocumentation(table);
    }

    [Fact(Timeout = Limit)]
    public async Task A_third_users_link_in_a_sticky_directory_is_followed_as_this_system_is_set_up()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        folder.Serve("real.sock");
        folder.Temp.MakeDirectory("shared", 0b1_111_111_111);
        File.CreateSymbolicLink(folder["shared/app.sock"], folder["real.sock"]);
        Command.Run("chown", "-h", "65534", folder["shared/app.sock"]);

        var root = await folder.StartAsync();
        var real = await root.CallAsync("connect", folder["shared/app.sock"]);
        var isProtected = File.ReadAllText("/proc/sys/fs/protected_symlinks").Trim() == "1";
        Assert.Equal(isProtected ? Errno.EACCES : Errno.None, real);
        Assert.Equal(real, UnixExplanation.ExplainConnect(folder["shared/app.sock"]).Verdict.Errno);
    }

    [Fact(Timeout = Limit)]
    public async Task An_ordinary_process_reports_what_it_may_not_see_as_unknown()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        var directory = folder.Temp.MakeDirectory("closed", 0b111_000_000);
        var explained = FileSystemUser.WithoutPrivileges(() => UnixExplanation.ExplainConnect(
            directory + "/app.sock", new UnixExplainOptions { User = new UnixUser(0, 0) }));
        Assert.Equal(UnixOutcome.Unknown, explained.Verdict.Outcome);
        Assert.Equal(UnixFileKind.Hidden, explained.Walk[^1].Kind);
    }

    [Fact(Timeout = Limit)]
    public async Task The_server_is_named_with_its_process_and_how_full_its_backlog_is()
    {
        await using var folder = new SituationDirectory();
        var path = folder.Serve("app.sock", backlog: 3);
        folder.Connect(path);
        var explained = UnixExplanation.ExplainConnect(path);

        Assert.Equal((1, 3), (explained.Socket?.Pending, explained.Socket?.Backlog));
        Assert.Contains(explained.Socket!.Processes, h => h.ProcessId == Environment.ProcessId);
        var difference = explained.ServerStarted!.Value.LocalDateTime - System.Diagnostics.Process.GetCurrentProcess().StartTime;
        Assert.InRange(Math.Abs(difference.TotalSeconds), 0, 5); // both are rounded
    }

    [Fact(Timeout = Limit)]
    public async Task A_path_through_another_process_is_followed_by_its_owner_and_by_no_other_user()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        folder.Serve("app.sock");
        var path = $"/proc/{Environment.ProcessId}/root{folder["app.sock"]}";
        var otherUser = new UnixExplainOptions { User = new UnixUser(OtherUser.Id, OtherUser.Group) };
        CallingUser root = await folder.StartAsync(), other = await folder.StartAsync(OtherUser.With());

        Assert.Equal(await root.CallAsync("connect", path), UnixExplanation.ExplainConnect(path).Verdict.Errno);
        Assert.Equal(await other.CallAsync("connect", path), UnixExplanation.ExplainConnect(path, otherUser).Verdict.Errno);
        Assert.Equal(Errno.EACCES, await other.CallAsync("explain", path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unix://run/app.sock")]
    [InlineData("@")]
    public void Text_that_is_not_an_address_is_not_explained(string text) =>
        Assert.Throws<FormatException>(() => UnixExplanation.ExplainConnect(text));

    [Theory]
    [InlineData("no such user")]
    [InlineData("0:no such group")]
    [InlineData("")]
    public void Text_that_names_no_user_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => UnixUser.Parse(text));
        Assert.False(UnixUser.TryParse(text, out _));
    }

    [Fact]
    public void A_user_is_read_by_name_by_number_and_with_groups()
    {
        Assert.Equal((0u, 0u), (UnixUser.Parse("root").UserId, UnixUser.Parse("root").GroupId));
        Assert.Equal((4711u, 4711u), (UnixUser.Parse("4711").UserId, UnixUser.Parse("4711").GroupId));
        var user = UnixUser.Parse("4711:12,13,root");
        Assert.Equal((4711u, 12u), (user.UserId, user.GroupId));
        Assert.Equal([13u, 0u], user.Groups);
        Assert.False(user.IgnoresPermissions);
    }

    private static UnixExplanation Explain(Situation situation, string address, SituationDirectory folder)
    {
        var before = Directory.GetCurrentDirectory();
        if (situation.IsRelative)
            Directory.SetCurrentDirectory(folder.Temp.FullPath);
        try
        {
            var user = situation.IsForRoot ? null : new UnixUser(OtherUser.Id, OtherUser.Group);
            return UnixExplanation.ExplainConnect(address, new UnixExplainOptions { SocketType = situation.SocketType, User = user });
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    private static string Row(Situation situation, UnixVerdict verdict, SituationDirectory folder, string address)
    {
        var reason = verdict.Reason.Replace(folder.Temp.FullPath, "/srv", StringComparison.Ordinal);
        if (address.StartsWith('@'))
            reason = reason.Replace(address, "@app", StringComparison.Ordinal);
        return $"| {situation.Name} | {(verdict.Errno == 0 ? "works" : $"{verdict.Errno} ({(int)verdict.Errno})")} | {reason} |";
    }

    private static void IsInTheDocumentation(List<string> rows)
    {
        var table = TableHead + string.Concat(rows.Select(row => row + "\n"));
        var page = Repository.Read(Page);
        var start = page.IndexOf(TableHead, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Page} has no table");
        var end = page.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        if (Environment.GetEnvironmentVariable("SAMEHOST_UPDATE_SNAPSHOT") == "1")
            File.WriteAllText(Repository.FullPath(Page), page[..start] + table + page[end..]);
        else
            Assert.Equal(table, page[start..end]);
    }
}
