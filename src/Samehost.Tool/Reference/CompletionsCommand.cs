using System.CommandLine;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Reference;

/// <summary>The <c>samehost completions</c> command: a script for a shell, generated from the command definitions.</summary>
internal static class CompletionsCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var command = new ToolCommand("completions", "Print a script that completes commands and options in a shell.")
        {
            Examples =
            [
                ("source <(samehost completions bash)", "for this shell"),
                ("samehost completions zsh > \"${fpath[1]}/_samehost\"", "for every zsh"),
            ],
        };
        command.Add(shell);
        command.SetAction((parsed, _) => Task.FromResult(Print(parsed.GetRequiredValue(shell))));
        return command;
    }

    private static int Print(string shell)
    {
        var root = CommandLine.Create();
        var facts = CommandDescription.Of(root);
        var commands = CommandDescription.AllOf(root);
        TerminalWriter.Write(shell switch
        {
            "bash" => BashCompletion.Of(facts, commands),
            "zsh" => ZshCompletion.Of(facts, commands),
            "fish" => FishCompletion.Of(facts, commands),
            _ => throw new ToolException($"there are no completions for '{shell}': use bash, zsh or fish", ExitStatus.UsageError),
        });
        return ExitStatus.Success;
    }
}
