using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Reference;

public sealed class CompletionTests : ToolFixture
{
    /// <summary>Loads the completions, sets the words as bash does, and prints the candidates.</summary>
    private const string Offer = """
        source <("$0" completions bash) || exit
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _samehost
        printf '%s\n' "${COMPREPLY[@]}"
        """;

    [Theory(Timeout = 180_000)]
    [InlineData("serve", "samehost", "ser")]
    [InlineData("--version", "samehost", "--v")]
    [InlineData("--handover", "samehost", "serve", "/run/a.sock", "--hand")]
    [InlineData("--type", "samehost", "connect", "--ty")]
    [InlineData("datagram seqpacket stream", "samehost", "connect", "--type", "")]
    [InlineData("datagram", "samehost", "serve", "a", "--type", "d")]
    [InlineData("self self,root", "samehost", "serve", "a", "--allow", "self")]
    [InlineData("", "samehost", "serve", "--drain", "5")]
    [InlineData("bash fish zsh", "samehost", "completions", "")]
    [InlineData("/etc/passwd", "samehost", "connect", "/etc/passw")]
    [InlineData("/etc/passwd", "samehost", "connect", "--type", "stream", "/etc/passw")]
    [InlineData("/etc/passwd", "samehost", "serve", "a", "--exec", "cat", "/etc/passw")]
    public async Task Bash_completes_the_command_line(string expected, params string[] words)
    {
        await using var bash = StartProgram("bash", ["-c", Offer, Tool, .. words]);
        var result = await bash.EndAsync();
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Equal(expected, string.Join(' ', result.Lines.Where(line => line != "/etc/passwd-")));
    }

    [Fact(Timeout = 180_000)]
    public async Task Bash_completes_the_program_to_run()
    {
        await using var bash = StartProgram("bash", "-c", Offer, Tool, "samehost", "serve", "a.sock", "--exec", "sort");
        Assert.Contains("sort", (await bash.EndAsync()).Lines);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_tab_key_completes_in_a_terminal()
    {
        var script = $"source <('{Tool}' completions bash); PS1='> '; PATH='{Path.GetDirectoryName(Tool)}':$PATH\n";
        var file = Write("bashrc", System.Text.Encoding.UTF8.GetBytes(script));
        await using var terminal =
            StartProgram(ForeignProgram.Script, "-qefc", $"stty cols 80; bash --noprofile --rcfile '{file}' -i", "/dev/null");
        await terminal.ReadUntilAsync("> ");
        terminal.Input.Write("samehost completions z\t"u8);
        terminal.Input.Flush();
        await terminal.ReadUntilAsync("samehost completions zsh ");
    }

    [Theory(Timeout = 180_000)]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public async Task Every_script_is_valid_and_knows_every_command(string shell, string check)
    {
        var program = shell switch { "zsh" => ForeignProgram.Zsh, "fish" => ForeignProgram.Fish, _ => "bash" };
        var script = await RunAsync("completions", shell);
        Assert.Equal((0, ""), (script.Status, script.Errors));
        await using var run = StartProgram(program, check, Write("script", System.Text.Encoding.UTF8.GetBytes(script.Output)));
        Assert.Equal(new ToolResult(0, "", ""), await run.EndAsync());
        Assert.All(await CommandsAsync(), command => Assert.Contains(command, script.Output, StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task Fish_completes_the_command_line()
    {
        var script = Write("samehost.fish", System.Text.Encoding.UTF8.GetBytes((await RunAsync("completions", "fish")).Output));
        await using var fish = StartProgram(
            ForeignProgram.Fish, "--no-config", "-c",
            $"source {script}; complete -C 'samehost connect --type '; complete -C 'samehost ser'");
        var result = await fish.EndAsync();
        Assert.Equal(["datagram", "seqpacket", "serve", "stream"],
            result.Lines.Select(line => line.Split('\t')[0]).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task Zsh_loads_it_and_has_a_completion_for_samehost()
    {
        var script = Write("_samehost", System.Text.Encoding.UTF8.GetBytes((await RunAsync("completions", "zsh")).Output));
        await using var zsh = StartProgram(
            ForeignProgram.Zsh, "-f", "-c", $"autoload -Uz compinit && compinit -D -u && source {script} && print $_comps[samehost]");
        Assert.Equal(new ToolResult(0, "_samehost\n", ""), await zsh.EndAsync());
    }

    [Theory(Timeout = 180_000)]
    [InlineData("samehost explain /run/x --no-c\t", "--no-connect")]
    [InlineData("samehost list --graph m\t", "mermaid")]
    [InlineData("samehost expl\t", "samehost explain")]
    public async Task In_a_terminal_zsh_completes(string typed, string expected)
    {
        var functions = Directory.CreateDirectory(Path.Join(Temporary, "functions")).FullName;
        File.WriteAllText(Path.Join(functions, "_samehost"), (await RunAsync("completions", "zsh")).Output);
        var setup = $"fpath=('{functions}' $fpath); autoload -Uz compinit; compinit -D -u; PS1='> '; unsetopt zle_bracketed_paste\n";
        File.WriteAllText(Path.Join(functions, ".zshrc"), setup);
        var zsh = $"stty cols 80; ZDOTDIR='{functions}' {ForeignProgram.Zsh} -d -i";
        await using (var terminal = StartProgram(ForeignProgram.Script, "-qefc", zsh, "/dev/null"))
        {
            await terminal.ReadUntilAsync("> ");
            terminal.Input.Write(System.Text.Encoding.UTF8.GetBytes(typed));
            terminal.Input.Flush();
            await terminal.ReadUntilAsync(expected);
        }
        Directory.Delete(functions, recursive: true);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_unknown_shell_is_named()
    {
        var result = await RunAsync("completions", "tcsh");
        Assert.Equal(new ToolResult(2, "", "samehost: there are no completions for 'tcsh': use bash, zsh or fish\n"), result);
    }
}
