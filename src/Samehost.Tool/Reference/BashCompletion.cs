using System.Text;

namespace Samehost.Tool.Reference;

/// <summary>Completion for bash.</summary>
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

    public static string Of(CommandFacts root, CommandFacts[] commands)
    {
        var script = new StringBuilder(Head).Append('\n');
        string rest = string.Join(" | ", commands.SelectMany(c => c.Options.Where(o => o.TakesRest), (c, o) => $"'{c.Name} {o.Names[0]}'"));
        if (rest.Length > 0)
            script.Append($"        {rest})\n{Rest}\n");
        script.Append("        esac\n    done\n    case \"$command $previous\" in\n");
        foreach (CommandFacts command in commands)
        {
            foreach (OptionFacts option in command.Options.Where(option => option.Value is not null && !option.TakesRest))
                script.Append(Value(command, option));
        }
        script.Append("    esac\n    local values=''\n    case $command in\n");
        script.Append($"        '') words='{string.Join(' ', commands.Select(c => c.Name).Concat(root.OptionNames))}' ;;\n");
        foreach (CommandFacts command in commands)
        {
            string values = string.Join(' ', command.Arguments.SelectMany(argument => argument.Values));
            string words = string.Join(' ', command.OptionNames.Concat(root.OptionNames.Where(IsHelp)));
            script.Append($"        {command.Name}) words='{words}'");
            script.Append(values.Length > 0 ? $" values='{values}' ;;\n" : " ;;\n");
        }
        return script.Append(Tail).Append('\n').ToString();
    }

    internal static bool IsHelp(string option) => option is "--help" or "-h";

    private static string Value(CommandFacts command, OptionFacts option)
    {
        string names = string.Join(" | ", option.Names.Select(name => $"'{command.Name} {name}'"));
        if (option.Values.Length > 0)
        {
            string values = string.Join(' ', option.Values);
            return $"        {names}) mapfile -t COMPREPLY < <(compgen -W '{values}' -- \"$current\"); return ;;\n";
        }
        if (IsPath(option))
            return $"        {names}) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n";
        return $"        {names}) return ;;\n";
    }

    /// <summary>Whether the value is a path, as far as its name in the help tells.</summary>
    internal static bool IsPath(OptionFacts option) => option.Value is "PATH" or "FILE" or "ADDRESS" or "DIRECTORY";
}
