using System.CommandLine;
using System.CommandLine.Completions;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Reference;

/// <summary>An option as completions and man page describe it.</summary>
internal sealed record OptionFacts(string[] Names, string Description, string? Value, string[] Values, bool TakesRest)
{
    public static OptionFacts Of(Option option)
    {
        string[] names = [option.Name, .. option.Aliases.Where(alias => alias is ['-', ..]).Except([option.Name])];
        bool takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        string? value = takesValue ? option.HelpName ?? "VALUE" : null;
        string[] values = takesValue ? [.. option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)] : [];
        return new OptionFacts(names, option.Description ?? "", value, values, option is RestOption);
    }
}
