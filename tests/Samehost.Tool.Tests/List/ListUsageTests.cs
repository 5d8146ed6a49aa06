using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary>Usage errors of <c>samehost list</c>, and its behavior when it cannot write.</summary>
public sealed class ListUsageTests : ListFixture
{
    [Theory(Timeout = Limit)]
    [InlineData("only one", "--json", "--watch")]
    [InlineData("only one", "--json", "--graph", "dot")]
    [InlineData("--watch", "--interval", "2s")]
    [InlineData("dot or mermaid", "--graph", "svg")]
    [InlineData("stream, datagram or seqpacket", "--type", "raw")]
    [InlineData("--stale", "--stale", "--listening")]
    [InlineData("'b'", "a", "b")]
    public async Task Contradicting_options_are_wrong_usage(string named, params string[] arguments)
    {
        var result = await RunAsync(["list", .. arguments]);
        Assert.Equal((2, ""), (result.Status, result.Output));
        Assert.Contains(named, result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Watching_needs_a_terminal()
    {
        var result = await RunAsync("list", "--watch");
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.StartsWith("samehost: --watch needs a terminal", result.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("")]
    [InlineData("--json")]
    [InlineData("--graph=dot")]
    public async Task A_full_disk_is_one_line_on_standard_error_and_status_1(string option)
    {
        await using var run = StartProgram("sh", "-c", "exec \"$0\" list /nothing $1 > /dev/full", Tool, option);
        Assert.Equal(new ToolResult(1, "", "samehost: write failed: No space left on device (28)\n"), await run.EndAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_closed_pipe_ends_the_command_without_a_message()
    {
        await using var run = StartProgram("sh", "-c", "\"$0\" list | true", Tool);
        var errors = (await run.EndAsync()).Errors;
        Assert.DoesNotContain("samehost:", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Another_user_sees_the_sockets_and_a_question_mark_for_our_processes()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: an ordinary user has nothing to hide from another");
        var copy = CopyTool();
        using var listener = Listen("a");
        using var client = Connect("a");
        using var server = listener.Accept();
        await using var run = StartProgram(ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups",
            "env", $"DOTNET_ROOT={ToolRun.RuntimeRoot}", copy, "list", At("a"));
        var result = await run.EndAsync();
        Assert.Equal(0, result.Status);
        Assert.Equal(["stream", "connected", "0", "? root", "? root", At("a")], Cells(result.Lines[2]));
        Assert.Equal("hint: ? stands for processes that you may not inspect: root sees them\n", result.Errors);
    }
}
