using System.Text;

namespace Samehost.Tool.Reference;

/// <summary>Completion for fish.</summary>
internal static class FishCompletion
{
    public static string Of(CommandFacts root, CommandFacts[] commands)
    {
        var script = new StringBuilder(
            "# Completion of samehost for fish: samehost completions fish > ~/.config/fish/completions/samehost.fish\n");
        foreach (CommandFacts command in commands)
            script.Append($"complete -c samehost -n __fish_use_subcommand -f -a {command.Name} -d {Quote(command.Description)}\n");
        foreach (OptionFacts option in root.Options)
            script.Append($"complete -c samehost{Names(option)} -d {Quote(option.Description)}\n");
        foreach (CommandFacts command in commands)
        {
            string condition = $"complete -c samehost -n '__fish_seen_subcommand_from {command.Name}'";
            foreach (OptionFacts option in command.Options)
                script.Append($"{condition}{Names(option)}{Value(option)} -d {Quote(option.Description)}\n");
            foreach (string[] values in command.Arguments.Select(argument => argument.Values).Where(values => values.Length > 0))
                script.Append($"{condition} -f -a {Quote(string.Join(' ', values))}\n");
        }
        return script.ToString();
    }

    private static string Names(OptionFacts option) =>
        string.Concat(option.Names.Select(name => name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}"
            : $" -s '{name[1..]}'"));

    private static string Value(OptionFacts option) => option switch
    {
        { TakesRest: true } => " -x -a '(__fish_complete_subcommand)'",
        { Values.Length: > 0 } => $" -x -a {Quote(string.Join(' ', option.Values))}",
        { Value: not null } when BashCompletion.IsPath(option) => " -r -F",
        { Value: not null } => " -x",
        _ => "",
    };

    private static string Quote(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
