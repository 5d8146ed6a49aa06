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

    [Theory(Timeout = 180_000)]
    [InlineData("unknown option '--wiat': did you mean '--wait'? 'samehost connect --help' shows how", "connect", "--wiat", "5s", "x.sock")]
    [InlineData("unknown option '--wiat=5s': did you mean '--wait'? 'samehost connect --help' shows how", "connect", "x.sock", "--wiat=5s")]
    [InlineData("unknown option '-wait': did you mean '--wait'? 'samehost connect --help' shows how", "connect", "-wait", "5s", "x.sock")]
    [InlineData("unknown option '--dmup': did you mean '--dump'? 'samehost relay --help' shows how", "relay", "--dmup", "text", "a", "b")]
    [InlineData("unknown command or argument 'echo': did you mean '--echo'? 'samehost serve --help' shows how", "serve", "a.sock", "echo")]
    [InlineData("unknown command or argument 'y'; 'samehost list --help' shows how", "list", "x", "y")]
    [InlineData("unknown option '--quite'; 'samehost explain --help' shows how", "explain", "--quite", "x")]
    [InlineData("unknown command or argument 'conect': did you mean 'connect'? 'samehost --help' shows what it can do", "conect", "x.sock")]
    [InlineData("unknown command or argument 'help': did you mean '--help'? 'samehost --help' shows what it can do", "help")]
    [InlineData("unknown option '--verson': did you mean '--version'? 'samehost --help' shows what it can do", "--verson")]
    [InlineData("unknown option '--list': did you mean 'list'? 'samehost --help' shows what it can do", "--list", "x")]
    public async Task A_mistyped_word_is_named_itself_with_what_was_probably_meant(string problem, params string[] arguments) =>
        Assert.Equal(new ToolResult(2, "", $"samehost: {problem}\n"), await RunAsync(arguments));

    [Theory(Timeout = 180_000)]
    [InlineData("--exec", "sh", "-c", "exit 0", "--wiat")]
    [InlineData("--", "--wiat")]
    public async Task Words_after_the_options_are_not_taken_for_mistyped_ones(params string[] arguments)
    {
        var result = await RunAsync(["serve", "@", .. arguments]);
        Assert.Equal(2, result.Status);
        Assert.DoesNotContain("option", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_list_of_commands_has_arguments_that_can_be_omitted_in_brackets()
    {
        var lines = (await RunAsync("--help")).Lines;
        Assert.Contains(lines, line => line.StartsWith("  serve [ADDRESS]  ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  list [PATTERN]  ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  connect <ADDRESS>  ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  relay <FROM> <TO>  ", StringComparison.Ordinal));
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
