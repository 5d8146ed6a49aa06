namespace Samehost.Tool.Tests.Support;

public sealed class TerminalSessionTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task The_tool_runs_in_a_terminal_as_a_user_types()
    {
        await using var terminal = OpenTerminal();
        await terminal.RunAsync("samehost bla");
        await terminal.RunAsync("echo $?; test -t 0 -a -t 1 && stty size");
        await terminal.PromptAsync();
        Assert.Equal(
            "$ samehost bla\nsamehost: unknown command or argument 'bla'; 'samehost --help' shows what it can do\n"
                + "$ echo $?; test -t 0 -a -t 1 && stty size\n2\n24 80",
            terminal.Transcript);
    }
}
