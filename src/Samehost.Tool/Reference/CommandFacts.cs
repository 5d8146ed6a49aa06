using System.CommandLine;
using System.CommandLine.Completions;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Reference;

/// <summary>A command as completions and man page describe it: read from the very definitions that parse what is typed.</summary>
internal sealed record CommandFacts(
    string Name, string Description, OptionFacts[] Options, (string Name, string Description, bool IsOptional, string[] Values)[] Arguments,
    IReadOnlyList<(string Line, string Remark)> Examples, IReadOnlyList<string> Details)
{
    public static CommandFacts Of(Command command) => new(
        command.Name,
        command.Description ?? "",
        [.. command.Options.Where(option => !option.Hidden).Select(OptionFacts.Of)],
        [.. command.Arguments.Where(argument => !argument.Hidden).Select(argument => (
            argument.Name, argument.Description ?? "", argument.Arity.MinimumNumberOfValues == 0,
            argument.GetCompletions(CompletionContext.Empty).Select(item => item.Label).ToArray()))],
        (command as ToolCommand)?.Examples ?? [],
        (command as ToolCommand)?.Details ?? []);

    /// <summary>All commands below the root, in its order.</summary>
    public static CommandFacts[] AllOf(Command root) => [.. root.Subcommands.Where(command => !command.Hidden).Select(Of)];

    /// <summary>The words that can follow the command's name.</summary>
    public IEnumerable<string> OptionNames => Options.SelectMany(option => option.Names);
}
