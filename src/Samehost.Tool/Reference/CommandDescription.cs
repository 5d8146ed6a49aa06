using System.CommandLine;
using System.CommandLine.Completions;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Reference;

/// <summary>A command for completions and man page, read from the definitions that the parser uses.</summary>
internal sealed record CommandDescription(
    string Name, string Description, OptionDescription[] Options,
    (string Name, string Description, bool IsOptional, string[] Values)[] Arguments,
    IReadOnlyList<(string Line, string Remark)> Examples, IReadOnlyList<string> Details)
{
    public static CommandDescription Of(Command command) => new(
        command.Name,
        command.Description ?? "",
        [.. command.Options.Where(option => !option.Hidden).Select(OptionDescription.Of)],
        [.. command.Arguments.Where(argument => !argument.Hidden).Select(argument => (
            argument.Name, argument.Description ?? "", argument.Arity.MinimumNumberOfValues == 0,
            argument.GetCompletions(CompletionContext.Empty).Select(item => item.Label).ToArray()))],
        (command as ToolCommand)?.Examples ?? [],
        (command as ToolCommand)?.Details ?? []);

    /// <summary>Gets the visible commands of the root.</summary>
    public static CommandDescription[] AllOf(Command root) => [.. root.Subcommands.Where(command => !command.Hidden).Select(Of)];

    /// <summary>The names of all options.</summary>
    public IEnumerable<string> OptionNames => Options.SelectMany(option => option.Names);
}

/// <summary>An option for completions and man page.</summary>
internal sealed record OptionDescription(string[] Names, string Description, string? Value, string[] Values, bool TakesRest)
{
    public static OptionDescription Of(Option option)
    {
        string[] names = [option.Name, .. option.Aliases.Where(alias => alias is ['-', ..]).Except([option.Name])];
        var takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        var value = takesValue ? option.HelpName ?? "VALUE" : null;
        string[] values = takesValue ? [.. option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)] : [];
        return new OptionDescription(names, option.Description ?? "", value, values, option is TrailingCommandOption);
    }
}
