using System.CommandLine;
using Samehost.Inspection;

namespace Samehost.Tool.Cli;

/// <summary>Finds the word of a command line that is no option, command or argument here, and suggests what was meant.</summary>
/// <remarks>The parser takes an unknown option for an argument and then reports the word after it.</remarks>
internal static class MistypedWord
{
    /// <summary>Finds the first unknown option; after <c>--</c> everything is an argument.</summary>
    /// <returns>The problem as a message; null when there is none.</returns>
    public static string? Find(Command root, Command command, string[] args)
    {
        var start = command == root ? 0 : Array.IndexOf(args, command.Name) + 1;
        for (var i = 0; i < args.Length && args[i] != "--"; i++)
        {
            if (args[i] is not ['-', _, ..])
            {
                if (i < start - 1 || command == root)
                    return null; // an unknown command comes first
                continue;
            }
            var end = args[i].AsSpan().IndexOfAny('=', ':');
            var name = end < 0 ? args[i] : args[i][..end];
            var owner = i < start ? root : command;
            if (OptionsOf(root, owner).FirstOrDefault(option => Names(option).Contains(name)) is not { } option)
                return $"unknown option '{args[i]}'{Suggest(root, owner, name)}";
            if (option is TrailingCommandOption)
                return null;
            if (end < 0 && option.Arity.MinimumNumberOfValues > 0)
                i++; // its value, whatever it looks like
        }
        return null;
    }

    /// <summary>Reports the first word that the parser could not place; null when there is none.</summary>
    public static string? Unmatched(Command root, Command command, ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [{ } word, ..])
            return null;
        return $"unknown command or argument '{word}'{Suggest(root, command, word)}";
    }

    private static string Suggest(Command root, Command command, string word)
    {
        var typed = word.TrimStart('-');
        var most = Math.Max(1, typed.Length / 3);
        var (distance, name) = OptionsOf(root, command).Where(option => !option.Hidden).SelectMany(Names)
            .Concat(command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))
            .Where(name => name.TrimStart('-').Length > 1)
            .Select(name => (Distance: EditDistance.Of(typed, name.TrimStart('-')), Name: name))
            .DefaultIfEmpty((Distance: int.MaxValue, Name: "")).MinBy(candidate => candidate.Distance);
        return distance <= most && typed.Length > 1 ? $": did you mean '{name}'?" : "";
    }

    /// <summary>The options of a command; those of the root apply to every command only as far as they are recursive.</summary>
    private static IEnumerable<Option> OptionsOf(Command root, Command command) =>
        command == root ? root.Options : command.Options.Concat(root.Options.Where(option => option.Recursive));

    private static IEnumerable<string> Names(Option option) => option.Aliases.Prepend(option.Name);
}
