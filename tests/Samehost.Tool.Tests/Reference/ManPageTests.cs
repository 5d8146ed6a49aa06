using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Reference;

public sealed class ManPageTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task The_page_is_formatted_without_a_warning()
    {
        var page = Write("samehost.1", System.Text.Encoding.UTF8.GetBytes((await RunAsync("man")).Output));
        await using var groff = StartProgram(ForeignProgram.Groff, "-man", "-Tutf8", "-ww", "-P-cbou", page);
        var result = await groff.EndAsync();
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("SAMEHOST(1)", result.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_page_has_every_command_and_option_of_the_help()
    {
        var page = (await RunAsync("man")).Output.Replace("\\-", "-", StringComparison.Ordinal);
        var commands = await CommandsAsync();
        Assert.Superset(new HashSet<string>(["serve", "connect", "list", "explain", "relay", "replay", "bench"]), commands.ToHashSet());
        foreach (var command in commands)
        {
            Assert.Contains($".SS \"samehost {command}\"", page, StringComparison.Ordinal);
            var help = (await RunAsync(command, "--help")).Output;
            foreach (System.Text.RegularExpressions.Match option in System.Text.RegularExpressions.Regex.Matches(
                help, "(?m)^  (--[a-z-]+)"))
            {
                Assert.Contains($"\\fB{option.Groups[1].Value}", page, StringComparison.Ordinal);
            }
        }
    }
}
