using System.CommandLine;

namespace Samehost.Tool.Commands;

/// <summary>
/// An option that takes all that follows it, as <c>--exec COMMAND…</c> does, options of that command included. The parser would take
/// those for ours, so the words are handed to it as one, with a NUL before each: no argument of a process can hold a NUL.
/// </summary>
internal sealed class RestOption : Option<string[]>
{
    private const char Separator = '\0';

    public RestOption(string name)
        : base(name)
    {
        Arity = ArgumentArity.ExactlyOne;
        CustomParser = result => result.Tokens[0].Value.Split(Separator, StringSplitOptions.None)[1..];
    }

    /// <summary>The arguments, with what follows such an option of the named command in one word.</summary>
    public static string[] Gather(Command root, string[] arguments)
    {
        if (arguments is not [{ } first, ..] || root.Subcommands.FirstOrDefault(c => c.Name == first) is not { } command)
            return arguments;
        int option = Array.FindIndex(arguments, word => command.Options.Any(o => o is RestOption && o.Name == word));
        if (option < 0 || option == arguments.Length - 1)
            return arguments;
        return [.. arguments[..(option + 1)], string.Concat(arguments[(option + 1)..].Select(word => Separator + word))];
    }
}
