using System.Globalization;
using System.Text;

namespace Samehost.Tool.Reference;

/// <summary>Generates the completion script for bash.</summary>
internal static class BashCompletion
{
    private const string Head = """
        # Completion of samehost for bash: source <(samehost completions bash)
        _samehost() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' words='' i
            COMPREPLY=()
            for ((i = 1; i < COMP_CWORD; i++)); do
                if [[ -z $command && ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; fi
                case "$command ${COMP_WORDS[i]}" in
        """;

    private const string Rest = """
                    if ((i == COMP_CWORD - 1)); then
                        mapfile -t COMPREPLY < <(compgen -c -- "$current")
                    else
                        compopt -o filenames 2> /dev/null
                        mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    fi
                    return ;;
        """;

    private const string Tail = """
            esac
            if [[ $current == -* || -z $command ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
            elif [[ -n $values ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
            else
                compopt -o filenames 2> /dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            fi
        }
        complete -F _samehost samehost
        """;

    public static string Of(CommandDescription root, CommandDescription[] commands)
    {
        var script = new StringBuilder(Head).Append('\n');
        var rest = string.Join(" | ", commands.SelectMany(c => c.Options.Where(o => o.TakesRest), (c, o) => $"'{c.Name} {o.Names[0]}'"));
        if (rest.Length > 0)
            script.Append($"        {rest})\n{Rest}\n");
        script.Append("        esac\n    done\n    case \"$command $previous\" in\n");
        foreach (var command in commands)
        {
            foreach (var option in command.Options.Where(option => option.Value is not null && !option.TakesRest))
                script.Append(Value(command, option));
        }
        script.Append("    esac\n    local values=''\n    case $command in\n");
        script.Append($"        '') words='{string.Join(' ', commands.Select(c => c.Name).Concat(root.OptionNames))}' ;;\n");
        foreach (var command in commands)
        {
            var values = string.Join(' ', command.Arguments.SelectMany(argument => argument.Values));
            var words = string.Join(' ', command.OptionNames.Concat(root.OptionNames.Where(IsHelp)));
            script.Append($"        {command.Name}) words='{words}'");
            script.Append(values.Length > 0 ? $" values='{values}' ;;\n" : " ;;\n");
        }
        return script.Append(Tail).Append('\n').ToString();
    }

    internal static bool IsHelp(string option) => option is "--help" or "-h";

    private static string Value(CommandDescription command, OptionDescription option)
    {
        var names = string.Join(" | ", option.Names.Select(name => $"'{command.Name} {name}'"));
        if (option.Values.Length > 0)
        {
            var values = string.Join(' ', option.Values);
            return $"        {names}) mapfile -t COMPREPLY < <(compgen -W '{values}' -- \"$current\"); return ;;\n";
        }
        if (IsPath(option))
            return $"        {names}) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n";
        return $"        {names}) return ;;\n";
    }

    /// <summary>Returns whether the value is a path, judged by its name in the help.</summary>
    internal static bool IsPath(OptionDescription option) => option.Value is "PATH" or "FILE" or "ADDRESS" or "DIRECTORY";
}

/// <summary>Generates the completion script for zsh.</summary>
internal static class ZshCompletion
{
    private const string Head = """
        #compdef samehost
        # Completion of samehost for zsh: samehost completions zsh > "${fpath[1]}/_samehost"
        _samehost() {
            local curcontext=$curcontext state line
            local -a commands
            commands=(
        """;

    private const string Tail = """
            esac ;;
            esac
        }
        if [[ $funcstack[1] == _samehost ]]; then _samehost "$@"; else compdef _samehost samehost; fi
        """;

    public static string Of(CommandDescription root, CommandDescription[] commands)
    {
        var script = new StringBuilder(Head).Append('\n');
        foreach (var command in commands)
            script.Append($"        '{Quote(command.Name)}:{Quote(command.Description)}'\n");
        script.Append("    )\n    _arguments -C");
        foreach (var option in root.Options)
            script.Append(Spec(option));
        script.Append(" \\\n        '1:command:->command' '*::argument:->argument'\n");
        script.Append("    case $state in\n    command) _describe command commands ;;\n    argument) case $words[1] in\n");
        foreach (var command in commands)
        {
            script.Append($"        {command.Name}) _arguments");
            foreach (var option in command.Options)
                script.Append(Spec(option));
            var place = 1;
            foreach (var (name, _, optional, values) in command.Arguments)
            {
                var action = values.Length > 0 ? $"({string.Join(' ', values)})" : "_files";
                script.Append(CultureInfo.InvariantCulture, $" \\\n            '{place++}:{(optional ? ":" : "")}{Quote(name)}:{action}'");
            }
            script.Append(" ;;\n");
        }
        return script.Append(Tail).Append('\n').ToString();
    }

    private static string Spec(OptionDescription option)
    {
        var value = option switch
        {
            { TakesRest: true } => $":*::{Quote(option.Value!)}: _normal",
            { Values.Length: > 0 } => $":{Quote(option.Value!)}:({string.Join(' ', option.Values.Select(Word))})",
            { Value: not null } when BashCompletion.IsPath(option) => $":{Quote(option.Value)}:_files",
            { Value: not null } => $":{Quote(option.Value)}: ",
            _ => "",
        };
        return string.Concat(option.Names.Select(name =>
            $" \\\n            '{name.Replace("?", "\\?", StringComparison.Ordinal)}[{Quote(option.Description)}]{value}'"));
    }

    private static string Word(string value) => value.Replace(":", "\\:", StringComparison.Ordinal);

    /// <summary>Escapes special characters of a specification between single quotes.</summary>
    private static string Quote(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal)
        .Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal);
}

/// <summary>Generates the completion script for fish.</summary>
internal static class FishCompletion
{
    public static string Of(CommandDescription root, CommandDescription[] commands)
    {
        var script = new StringBuilder(
            "# Completion of samehost for fish: samehost completions fish > ~/.config/fish/completions/samehost.fish\n");
        foreach (var command in commands)
            script.Append($"complete -c samehost -n __fish_use_subcommand -f -a {command.Name} -d {Quote(command.Description)}\n");
        foreach (var option in root.Options)
            script.Append($"complete -c samehost{Names(option)} -d {Quote(option.Description)}\n");
        foreach (var command in commands)
        {
            var condition = $"complete -c samehost -n '__fish_seen_subcommand_from {command.Name}'";
            foreach (var option in command.Options)
                script.Append($"{condition}{Names(option)}{Value(option)} -d {Quote(option.Description)}\n");
            foreach (var values in command.Arguments.Select(argument => argument.Values).Where(values => values.Length > 0))
                script.Append($"{condition} -f -a {Quote(string.Join(' ', values))}\n");
        }
        return script.ToString();
    }

    private static string Names(OptionDescription option) =>
        string.Concat(option.Names.Select(name => name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}"
            : $" -s '{name[1..]}'"));

    private static string Value(OptionDescription option) => option switch
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
