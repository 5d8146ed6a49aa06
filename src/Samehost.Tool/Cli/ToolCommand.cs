using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Samehost.Tool.Cli;

/// <summary>A command with the texts that its help, man page and completions have beyond its options.</summary>
internal sealed class ToolCommand(string name, string description) : Command(name, description)
{
    /// <summary>Example command lines, each with a remark.</summary>
    public IReadOnlyList<(string Line, string Remark)> Examples { get; init; } = [];

    /// <summary>Paragraphs for the man page.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}

/// <summary>The parser's help, 80 columns wide, followed by examples.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    /// <summary>The column of the remarks, where the command line is short enough.</summary>
    private const int RemarkColumn = 44;

    private const int Width = 80;

    private readonly HelpAction _defaultHelp = new() { MaxWidth = Width };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        var status = _defaultHelp.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        output.Write(MarkOptional(text.ToString(), parseResult.CommandResult.Command));
        var examples = ExamplesOf(parseResult.CommandResult.Command);
        if (examples.Length > 0)
            output.WriteLine("Examples:");
        var column = examples.Select(e => e.Line.Length + 4).Where(c => c <= RemarkColumn).DefaultIfEmpty().Max();
        foreach (var (line, remark) in examples)
        {
            if (line.Length + 4 <= column && column + remark.Length <= Width)
                output.WriteLine($"  {line.PadRight(column - 2)}{remark}");
            else
                output.WriteLine($"  {line}\n      {remark}");
        }
        output.WriteLine("\nExit status: 0 done, 1 failed, 2 wrong usage.");
        return status;
    }

    /// <summary>Puts the arguments that can be omitted into brackets in the list of commands.</summary>
    private static string MarkOptional(string help, Command command)
    {
        foreach (var subcommand in command.Subcommands)
        {
            var shown = $"\n  {subcommand.Name}" + string.Concat(subcommand.Arguments.Select(a => $" <{a.Name}>"));
            var marked = $"\n  {subcommand.Name}" + string.Concat(subcommand.Arguments.Select(a =>
                a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" <{a.Name}>"));
            help = help.Replace(shown + " ", marked + " ", StringComparison.Ordinal);
        }
        return help;
    }

    /// <summary>Gets the examples of a command; of the whole tool, the first example of each command.</summary>
    private static (string Line, string Remark)[] ExamplesOf(Command command) => command is ToolCommand { Examples: { Count: > 0 } own }
        ? [.. own]
        : [.. command.Subcommands.OfType<ToolCommand>().Where(c => c.Examples.Count > 0).Select(c => c.Examples[0])];
}
