using Samehost.Tests.House;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Inspection.Explaining;

/// <summary>
/// What is predicted for each situation is what a real connect by that very user then gets, and the table in the documentation is what
/// was predicted.
/// </summary>
[Collection(Alone.Name)] // the working directory is the whole process's
public sealed class SituationTests
{
    private const string Page = "docs/tool/explain.md";
    private const string TableHead = "| situation | connect gives | why, in the words of the tool |\n| --- | --- | --- |\n";
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task Every_situation_is_explained_as_a_real_connect_then_goes()
    {
        OtherUser.NeedsRoot();
        var table = new List<string>();
        var wrong = new List<string>();
        await using var home = new SituationFolder();
        CallingUser root = await home.StartAsync(), other = await home.StartAsync(OtherUser.With());
        foreach (Situation situation in Situations.All)
        {
            await using var folder = new SituationFolder();
            string address = await situation.Make(folder);
            UnixExplanation explained = Explain(situation, address, folder);
            CallingUser caller = situation.IsForRoot ? root
                : situation.IsRelative ? await folder.StartAsync(OtherUser.With()) : other;
            Errno real = await caller.CallAsync("connect", address, situation.Kind);
            if (await caller.CallAsync("explain", address, situation.Kind) is var own && own != real)
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
    public async Task Without_the_probe_only_what_is_certain_without_it_differs()
    {
        await using var folder = new SituationFolder();
        var look = new UnixExplainOptions { Probe = false };

        Assert.Equal(UnixOutcome.Works, UnixExplanation.OfConnect(folder.Serve("a.sock"), look).Verdict.Outcome);
        Assert.Equal(Errno.ECONNREFUSED, UnixExplanation.OfConnect(folder.LeaveStaleFile("b.sock"), look).Verdict.Errno);
        Assert.Equal(Errno.EPROTOTYPE, UnixExplanation.OfConnect(folder.Serve("c.sock", UnixSocketKind.Datagram), look).Verdict.Errno);
    }

    private static UnixExplanation Explain(Situation situation, string address, SituationFolder folder)
    {
        string before = Directory.GetCurrentDirectory();
        if (situation.IsRelative)
            Directory.SetCurrentDirectory(folder.Temp.FullPath);
        try
        {
            UnixUser? user = situation.IsForRoot ? null : new UnixUser(OtherUser.Id, OtherUser.Group);
            return UnixExplanation.OfConnect(address, new UnixExplainOptions { Kind = situation.Kind, User = user });
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    private static string Row(Situation situation, UnixVerdict verdict, SituationFolder folder, string address)
    {
        string reason = verdict.Reason.Replace(folder.Temp.FullPath, "/srv", StringComparison.Ordinal);
        if (address.StartsWith('@'))
            reason = reason.Replace(address, "@app", StringComparison.Ordinal);
        return $"| {situation.Name} | {(verdict.Errno == 0 ? "works" : $"{verdict.Errno} ({(int)verdict.Errno})")} | {reason} |";
    }

    private static void IsInTheDocumentation(List<string> rows)
    {
        string table = TableHead + string.Concat(rows.Select(row => row + "\n"));
        string page = Repository.Read(Page);
        int start = page.IndexOf(TableHead, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Page} has no table");
        int end = page.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        if (Environment.GetEnvironmentVariable("SAMEHOST_UPDATE_SNAPSHOT") == "1")
            File.WriteAllText(Repository.FullPath(Page), page[..start] + table + page[end..]);
        else
            Assert.Equal(table, page[start..end]);
    }
}
