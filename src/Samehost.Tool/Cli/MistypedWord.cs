using System.CommandLine;

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
            .Select(name => (Distance: Distance(typed, name.TrimStart('-')), Name: name))
            .DefaultIfEmpty((Distance: int.MaxValue, Name: "")).MinBy(candidate => candidate.Distance);
        return distance <= most && typed.Length > 1 ? $": did you mean '{name}'?" : "";
    }

    /// <summary>The options of a command; those of the root apply to every command only as far as they are recursive.</summary>
    private static IEnumerable<Option> OptionsOf(Command root, Command command) =>
        command == root ? root.Options : command.Options.Concat(root.Options.Where(option => option.Recursive));

    private static IEnumerable<string> Names(Option option) => option.Aliases.Prepend(option.Name);

    /// <summary>Counts the letters to insert, remove, replace or exchange with the next one to turn one word into the other.</summary>
    private static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }
                var replaced = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[from.Length, to.Length];
    }
}
