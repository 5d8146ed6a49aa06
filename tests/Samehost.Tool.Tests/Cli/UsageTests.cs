using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Cli;

public sealed class UsageTests : ToolFixture
{
    [Theory(Timeout = 180_000)]
    [InlineData("samehost tour")]
    [InlineData("'bla'", "bla")]
    [InlineData("'--fiel'", "tour", "--fiel")]
    [InlineData("'extra'", "tour", "extra")]
    [InlineData("'--nope'", "list", "--nope")]
    [InlineData("'-x'", "explain", "-x")]
    [InlineData("'--ehco'", "serve", "a.sock", "--ehco")]
    [InlineData("'--frist'", "relay", "--frist", "b.sock")]
    [InlineData("--file", "tour", "--file")]
    [InlineData("--file", "tour", "--file", "")]
    [InlineData("--file", "tour", "--file", "a", "--file", "b")]
    public async Task Wrong_usage_is_one_line_on_standard_error_and_status_2(string named, params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((2, ""), (result.Status, result.Output));
        Assert.Contains(named, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task The_version_is_a_number()
    {
        var result = await RunAsync("--version");
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.True(Version.TryParse(result.Output.TrimEnd(), out _), result.Output);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("samehost tour", "--help")]
    [InlineData("samehost tour --file words.txt", "tour", "--help")]
    public async Task Help_shows_the_usage_and_examples_in_80_columns(string example, params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("samehost", result.Lines.SkipWhile(line => line != "Usage:").Skip(1).First(), StringComparison.Ordinal);
        Assert.Contains(example, result.Output, StringComparison.Ordinal);
        Assert.All(result.Lines, line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("tour")]
    public async Task A_full_disk_is_one_line_on_standard_error_and_status_1(string argument)
    {
        await using var run = StartProgram("sh", "-c", "exec \"$0\" \"$1\" > /dev/full", Tool, argument);
        var result = await run.EndAsync();
        Assert.Equal(new ToolResult(1, "", "samehost: write failed: No space left on device (28)\n"), result);
        NothingIsLeft();
    }
}
