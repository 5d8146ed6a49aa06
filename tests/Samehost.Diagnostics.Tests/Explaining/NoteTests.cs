using System.Globalization;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>The notes besides the verdict.</summary>
public sealed class NoteTests
{
    private const int Limit = 60_000;

    [Fact(Timeout = Limit)]
    public async Task A_server_that_was_stopped_is_reported_to_answer_no_client()
    {
        await using var folder = new SituationDirectory();
        var server = await folder.StartAsync();
        var path = folder["app.sock"];
        Assert.Equal(Errno.None, await server.CallAsync("keep", path, backlog: 8));
        var process = $"{UnixExplanation.ExplainConnect(path).Socket!.Processes[0].ProcessId}";
        Assert.Empty(UnixExplanation.ExplainConnect(path).Notes);

        Command.Run("kill", "-STOP", process);
        try
        {
            string? note = null;
            await Eventually.IsTrueAsync(() => (note = UnixExplanation.ExplainConnect(path).Notes.SingleOrDefault()) is not null);
            Assert.Contains($"kill -CONT {process}", note, StringComparison.Ordinal);
            Assert.Equal(UnixOutcome.Works, UnixExplanation.ExplainConnect(path).Verdict.Outcome);
        }
        finally
        {
            Command.Run("kill", "-CONT", process);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("\n", "\\x0a", "taken literally")]
    [InlineData("\0", "\\x00", "cannot be typed")]
    public async Task A_name_that_is_typed_as_it_was_printed_is_noted(string odd, string printed, string expected)
    {
        var unique = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        var name = System.Text.Encoding.UTF8.GetBytes(unique + odd + "a");
        await using var listener = UnixListener.Listen(
            UnixEndPoint.FromAbstractName(name), new() { PeerPolicy = PeerPolicy.SelfAndRoot });

        var explained = UnixExplanation.ExplainConnect($"@{unique}{printed}a");
        Assert.Equal(Errno.ECONNREFUSED, explained.Verdict.Errno);
        Assert.Contains(explained.Notes, note => note.Contains(expected, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task A_path_that_fits_only_without_its_NUL_is_reported_as_such()
    {
        await using var folder = new SituationDirectory();
        var path = folder[new string('s', UnixEndPoint.MaxNameLength - folder.Temp.FullPath.Length)];
        Assert.Equal(UnixEndPoint.MaxNameLength + 1, path.Length);
        Assert.Contains(UnixExplanation.ExplainConnect(path).Notes, note => note.Contains("without the NUL", StringComparison.Ordinal));
        Assert.DoesNotContain(UnixExplanation.ExplainConnect(path + "s").Notes, note => note.Contains("NUL", StringComparison.Ordinal));
    }

    [Theory(Timeout = Limit)]
    [InlineData(System.Net.Sockets.SocketType.Stream, true)]
    [InlineData(System.Net.Sockets.SocketType.Seqpacket, true)]
    [InlineData(System.Net.Sockets.SocketType.Dgram, false)]
    public async Task That_the_server_may_have_a_policy_is_noted_for_another_user_than_its_own(
        System.Net.Sockets.SocketType type, bool isNoted)
    {
        await using var folder = new SituationDirectory();
        var path = folder.Serve("app.sock", type);
        var other = UnixExplanation.ExplainConnect(path, new() { User = new UnixUser(12345, 23456), SocketType = type });
        Assert.Equal(UnixOutcome.Works, other.Verdict.Outcome);
        Assert.Equal(isNoted, other.Notes.Any(note => note.Contains("may have a policy of its own", StringComparison.Ordinal)));
        Assert.Empty(UnixExplanation.ExplainConnect(path, new() { SocketType = type }).Notes);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_of_the_user_that_is_older_than_the_membership_is_noted()
    {
        Assert.SkipUnless(OrdinaryUser.WeAreRoot, "run the tests as root: an ordinary user cannot become another");
        await using var folder = new SituationDirectory();
        var path = folder.Serve("app.sock");
        Command.Run("chgrp", "23456", path);
        folder.SetMode(path, 0b110_110_000);
        var member = new UnixExplainOptions { User = new UnixUser(12346, 34567, [23456]) };
        Assert.DoesNotContain(UnixExplanation.ExplainConnect(path, member).Notes, IsOnGroups);

        var older = await folder.StartAsync("setpriv", "--reuid=12346", "--regid=34567", "--clear-groups");
        Assert.Equal(Errno.EACCES, await older.CallAsync("connect", path));
        var explained = UnixExplanation.ExplainConnect(path, member);
        Assert.Equal(UnixOutcome.Works, explained.Verdict.Outcome);
        Assert.Contains(" of user 12346 is not in group 23456, which is needed", Assert.Single(explained.Notes, IsOnGroups),
            StringComparison.Ordinal);

        folder.SetMode(path, 0b110_110_110); // then the process may connect by the permissions of others
        Assert.DoesNotContain(UnixExplanation.ExplainConnect(path, member).Notes, IsOnGroups);

        static bool IsOnGroups(string note) => note.Contains("newgrp", StringComparison.Ordinal);
    }
}
