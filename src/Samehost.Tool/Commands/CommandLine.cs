using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Samehost.Tool.Benchmarks;
using Samehost.Tool.Output;

namespace Samehost.Tool.Commands;

/// <summary>Reads what the user typed, runs the command that it names, and turns whatever happens into one exit status.</summary>
internal static class CommandLine
{
    private static readonly (string Name, Func<Command> Create)[] Commands =
    [
        ("serve", ServeCommand.Create),
        ("connect", ConnectCommand.Create),
        ("list", ListCommand.Create),
        ("explain", ExplainCommand.Create),
        ("relay", RelayCommand.Create),
        ("replay", ReplayCommand.Create),
        ("bench", BenchCommand.Create),
        (OpponentProcess.CommandName, BenchCommand.CreateOpponent),
        ("tour", TourCommand.Create),
        ("completions", CompletionsCommand.Create),
        ("man", ManCommand.Create),
    ];

    /// <summary>All commands. Not a RootCommand, which takes its name from the file that was started, and that may be anything.</summary>
    public static Command Create() => CreateWith(Commands);

    /// <summary>Only what the arguments name, where that is certain: making every command takes longer than most of them do.</summary>
    private static Command CreateFor(string[] args) => args switch
    {
        ["--version"] => CreateWith([]),
        [var name, ..] when Commands.Any(command => command.Name == name) => CreateWith(Commands.Where(command => command.Name == name)),
        _ => Create(),
    };

    private static Command CreateWith(IEnumerable<(string Name, Func<Command> Create)> commands)
    {
        var root = new Command("samehost", "Local (Unix domain) sockets: see them at work, and why they fail.")
        {
            new HelpOption { Action = new HelpWithExamples() },
            new VersionOption(),
        };
        foreach (var command in commands)
            root.Add(command.Create());
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("samehost: local sockets are used through Linux system calls here; run it on Linux");
            return ExitStatus.Failed;
        }
        try
        {
            return await ParseAndRunAsync(args);
        }
        catch (Exception error)
        {
            return Failure.Tell(error);
        }
    }

    private static async Task<int> ParseAndRunAsync(string[] args)
    {
        Command root = CreateFor(args);
        // A file whose name begins with @ is a file, not a list of arguments.
        var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult parsed = root.Parse(RestOption.Gather(root, args), configuration);
        Command command = parsed.CommandResult.Command;
        string tryHelp = command == root ? "'samehost --help' shows what it can do" : $"'samehost {command.Name} --help' shows how";
        if (args.Length == 0)
            throw new ToolException($"say what to do, for example 'samehost tour'; {tryHelp}", ExitStatus.Usage);
        if (parsed.UnmatchedTokens is [{ } unknown, ..])
            throw new ToolException($"what is '{unknown}'? {tryHelp}", ExitStatus.Usage);
        if (UnknownOption(command == root ? [] : parsed.CommandResult.Tokens, args) is { } option)
            throw new ToolException($"what is '{option}'? {tryHelp}", ExitStatus.Usage);
        if (parsed.Errors is [{ Message: { } problem }, ..])
            throw new ToolException($"{problem.TrimEnd('.')}; {tryHelp}", ExitStatus.Usage);

        // What the parser itself prints (help, version) is collected, so that a closed pipe or a full disk is noticed.
        var text = new StringWriter();
        int status = await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = text,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
        if (text.GetStringBuilder().Length > 0)
            Terminal.Write(text.ToString().TrimEnd() + "\n");
        return status;
    }

    /// <summary>What looks like an option and was taken for an argument; behind <c>--</c> anything may be one.</summary>
    private static string? UnknownOption(IEnumerable<Token> arguments, string[] args)
    {
        int end = Array.IndexOf(args, "--");
        return arguments.Select(argument => argument.Value).FirstOrDefault(
            value => value is ['-', _, ..] && Array.IndexOf(args, value) is >= 0 and var at && (end < 0 || at < end));
    }
}
