using System.Text;

namespace Samehost.Tool.Reference;

/// <summary>Completion for zsh.</summary>
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

    public static string Of(CommandFacts root, CommandFacts[] commands)
    {
        var script = new StringBuilder(Head).Append('\n');
        foreach (CommandFacts command in commands)
            script.Append($"        '{Quote(command.Name)}:{Quote(command.Description)}'\n");
        script.Append("    )\n    _arguments -C");
        foreach (OptionFacts option in root.Options)
            script.Append(Spec(option));
        script.Append(" \\\n        '1:command:->command' '*::argument:->argument'\n");
        script.Append("    case $state in\n    command) _describe command commands ;;\n    argument) case $words[1] in\n");
        foreach (CommandFacts command in commands)
        {
            script.Append($"        {command.Name}) _arguments");
            foreach (OptionFacts option in command.Options)
                script.Append(Spec(option));
            int place = 1;
            foreach ((string name, _, bool optional, string[] values) in command.Arguments)
            {
                string action = values.Length > 0 ? $"({string.Join(' ', values)})" : "_files";
                script.Append($" \\\n            '{place++}:{(optional ? ":" : "")}{Quote(name)}:{action}'");
            }
            script.Append(" ;;\n");
        }
        return script.Append(Tail).Append('\n').ToString();
    }

    private static string Spec(OptionFacts option)
    {
        string value = option switch
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

    /// <summary>What has a meaning of its own in a specification between single quotes.</summary>
    private static string Quote(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal)
        .Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal);
}
