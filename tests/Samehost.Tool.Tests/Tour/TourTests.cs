using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Tour;

public sealed class TourTests : ToolFixture
{
    private const string Stream = """
          $ unixstreamserver stream.sock
          $ unixstreamclient stream.sock
          typed  │ g1
          server │ Receive: g1
          client │ Hi, g1
          typed  │ g2
          server │ Receive: g2
          client │ Hi, g2
          typed  │ g3
          server │ Receive: g3
          client │ Hi, g3
          typed  │ end of input (Ctrl+D)
          server │ client quit
        """;

    private const string Datagrams = """
          $ unixdataserver data.sock
          $ unixdataclient data.sock
          typed  │ g1
          client │ now sending g1
          server │ Receive: g1
          server │ now sending: Hi, g1
          client │ Hi, g1
          typed  │ g2
          client │ now sending g2
          server │ Receive: g2
          server │ now sending: Hi, g2
          client │ Hi, g2
          typed  │ g3
          client │ now sending g3
          server │ Receive: g3
          server │ now sending: Hi, g3
          client │ Hi, g3
        """;

    private static readonly string[] Errors =
    [
        "client │ connect failed: No such file or directory (2)",
        "client │ connect failed: Connection refused (111)",
        "note   │ starts: it made sure that no process listens, and replaced the file",
        "client │ connect failed: Protocol wrong type for socket (91)",
        "Permission denied (13)",
        "server │ bind failed: Address already in use (98)",
        "client │ Hi, g4",
    ];

    [Fact(Timeout = 180_000)]
    public async Task Through_a_pipe_both_exchanges_and_every_error_are_shown_without_color()
    {
        var result = await RunAsync("tour");
        Assert.Equal((0, ""), (result.Status, result.Errors));
        ShowsEverything(result.Output);
        Assert.DoesNotContain('\e', result.Output);
        Assert.All(result.Lines, line => Assert.InRange(line.Length, 0, 80));
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task In_a_terminal_the_labels_are_colored_and_nothing_else_differs()
    {
        await using var run = StartProgram(ForeignProgram.Script, "-qefc", $"'{Tool}' tour", "/dev/null");
        var result = await run.EndAsync();
        Assert.Equal(0, result.Status);
        Assert.Contains("\e[32mserver │\e[0m Receive: g1\r\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("\e[36mclient │\e[0m Hi, g1\r\n", result.Output, StringComparison.Ordinal);
        ShowsEverything(System.Text.RegularExpressions.Regex.Replace(result.Output, "\e\\[[0-9]+m|\r", ""));
        NothingIsLeft();
    }

    [Theory(Timeout = 180_000)]
    [InlineData("NO_COLOR=1")]
    [InlineData("TERM=dumb")]
    public async Task A_terminal_without_color_gets_none(string setting)
    {
        await using var run = StartProgram(ForeignProgram.Script, "-qefc", $"{setting} '{Tool}' tour", "/dev/null");
        var result = await run.EndAsync();
        Assert.Equal(0, result.Status);
        Assert.Contains("server │ Receive: g1\r\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_ordinary_user_sees_the_missing_permission_on_an_own_file()
    {
        var copy = CopyTool();
        string[] user = Environment.IsPrivilegedProcess
            ? [ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups", copy]
            : [copy];
        await using var run = StartProgram(user[0], [.. user[1..], "tour"]);
        var result = await run.EndAsync();
        Assert.Equal((0, ""), (result.Status, result.Errors));
        ShowsEverything(result.Output);
        Assert.Contains("$ chmod 0400 stream.sock\n", result.Output, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_closed_pipe_ends_the_tour_without_a_message_and_leaves_nothing()
    {
        await using var run = Start("tour");
        await run.ReadUntilAsync("typed  │ g1\n");
        run.CloseOutput();
        var result = await run.EndAsync(readsOutput: false);
        Assert.Equal((128 + 13, ""), (result.Status, result.Errors));
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task SIGTERM_ends_the_tour_and_its_programs()
    {
        await using var run = Start("tour");
        await run.ReadUntilAsync("server │ Receive: g1\n");
        run.Terminate();
        var result = await run.EndAsync();
        Assert.Equal((128 + 15, ""), (result.Status, result.Errors));
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task Ctrl_C_in_a_terminal_ends_the_tour_and_its_programs_without_an_error()
    {
        await using var run = StartProgram(ForeignProgram.Script, "-qefc", $"NO_COLOR=1 '{Tool}' tour", "/dev/null");
        await run.ReadUntilAsync("server │ Receive: g1\r\n");
        run.Input.Write([3]);
        run.Input.Flush();
        var result = await run.EndAsync();
        Assert.Equal(128 + 2, result.Status);
        Assert.DoesNotContain("samehost:", result.Output, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_cannot_start_is_reported_with_its_own_error()
    {
        var copy = CopyTool(("unixstreamserver", "echo 'bind failed: No luck (99)' >&2; exit 1"));
        await using var run = StartProgram(copy, "tour");
        var result = await run.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.Equal("samehost: unixstreamserver ended too early, with status 1: bind failed: No luck (99)\n", result.Errors);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_program_is_named()
    {
        var copy = CopyTool();
        Directory.Delete(Path.Join(Path.GetDirectoryName(copy), "programs"), recursive: true);
        await using var run = StartProgram(copy, "tour");
        var result = await run.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.StartsWith("samehost: unixstreamserver is missing in ", result.Errors, StringComparison.Ordinal);
        NothingIsLeft();
    }

    private static void ShowsEverything(string output)
    {
        Assert.Contains(Stream, output, StringComparison.Ordinal);
        Assert.Contains(Datagrams, output, StringComparison.Ordinal);
        var from = output.IndexOf("3. ", StringComparison.Ordinal);
        foreach (var error in Errors)
        {
            var at = output.IndexOf(error, from, StringComparison.Ordinal);
            Assert.True(at > 0, $"\"{error}\" is missing behind {from} in {output}");
            from = at;
        }
        Assert.Equal(5, output.Split("\n  why    │ ").Length - 1);
    }
}
