using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Paths through /proc, where links lead into processes.</summary>
public sealed class ProcTests
{
    private const int Limit = 60_000;

    [Fact(Timeout = Limit)]
    public async Task The_files_of_another_users_process_are_reported_as_unknown()
    {
        await using var folder = new SituationDirectory();
        folder.Serve("app.sock");
        var path = $"/proc/self/root{folder["app.sock"]}";
        var own = UnixExplanation.ExplainConnect(path);
        var otherUser = new UnixExplainOptions { User = new UnixUser(OtherUser.Id, OtherUser.Group) };

        Assert.Equal(UnixOutcome.Works, own.Verdict.Outcome);
        Assert.Contains("/proc/self", Assert.Single(own.Notes), StringComparison.Ordinal);
        Assert.Equal(UnixOutcome.Unknown, UnixExplanation.ExplainConnect(path, otherUser).Verdict.Outcome);
    }

    [Fact(Timeout = Limit)]
    public async Task An_open_socket_is_no_stale_file()
    {
        await using var folder = new SituationDirectory();
        folder.Bind("app.sock", SocketType.Stream, out var socket);
        var path = $"/proc/{Environment.ProcessId}/fd/{socket.Number}";
        var caller = await folder.StartAsync();
        var verdict = UnixExplanation.ExplainConnect(path).Verdict;

        Assert.Equal(await caller.CallAsync("connect", path), verdict.Errno);
        Assert.Equal(Errno.ECONNREFUSED, verdict.Errno);
        Assert.Contains("has open", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task The_parent_of_a_link_into_a_process_is_that_of_its_target()
    {
        await using var folder = new SituationDirectory();
        folder.Temp.MakeDirectory("a", 0b111_101_101);
        folder.Serve("app.sock");
        var opened = LibcFile.Open(System.Text.Encoding.UTF8.GetBytes(folder["a"]), LibcFile.O_PATH, 0, out var directory);
        Assert.True(opened >= 0);
        using (directory)
        {
            var path = $"/proc/{Environment.ProcessId}/fd/{directory!.Number}/../app.sock";
            var explained = UnixExplanation.ExplainConnect(path);
            Assert.Equal(UnixOutcome.Works, explained.Verdict.Outcome);
            Assert.Equal(path, explained.Walk[^1].Path);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task No_remedy_changes_the_permissions_of_proc()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        var other = await folder.StartAsync(OtherUser.With());
        var path = $"/proc/{Environment.ProcessId}/fd/0";
        var verdict = UnixExplanation.ExplainConnect(
            path, new UnixExplainOptions { User = new UnixUser(OtherUser.Id, OtherUser.Group) }).Verdict;

        Assert.Equal(await other.CallAsync("connect", path), verdict.Errno);
        Assert.Equal((Errno.EACCES, ResponsibleParty.Caller), (verdict.Errno, verdict.ResponsibleParty));
        Assert.DoesNotContain("setfacl", verdict.Remedy, StringComparison.Ordinal);
    }
}
