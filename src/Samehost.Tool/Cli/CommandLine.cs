using System.CommandLine;
using System.CommandLine.Help;
using Samehost.Tool.Bench;
using Samehost.Tool.Connect;
using Samehost.Tool.Explain;
using Samehost.Tool.List;
using Samehost.Tool.Reference;
using Samehost.Tool.Relay;
using Samehost.Tool.Replay;
using Samehost.Tool.Serve;
using Samehost.Tool.Terminal;
using Samehost.Tool.Tour;

namespace Samehost.Tool.Cli;

/// <summary>Parses the command line, runs the command it names, and turns every outcome into one exit status.</summary>
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
        (WorkerMain.CommandName, BenchCommand.CreateWorker),
        ("tour", TourCommand.Create),
        ("completions", CompletionsCommand.Create),
        ("man", ManCommand.Create),
    ];

    /// <summary>Creates all commands. This is not a RootCommand, whose name is that of the started file.</summary>
    public static Command Create() => CreateWith(Commands);

    /// <summary>
    /// Creates only the command that the arguments name, where that is certain: creating every command takes longer than most commands run.
    /// </summary>
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
            return ExitStatus.Failure;
        }
        try
        {
            return await ParseAndRunAsync(args);
        }
        catch (Exception error)
        {
            return ErrorReport.Print(error);
        }
    }

    private static async Task<int> ParseAndRunAsync(string[] args)
    {
        var root = CreateFor(args);
        // An argument that begins with @ is a name, not a response file.
        var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        var parsed = root.Parse(TrailingCommandOption.JoinTrailingArguments(root, args), configuration);
        var command = parsed.CommandResult.Command;
        var tryHelp = command == root ? "'samehost --help' shows what it can do" : $"'samehost {command.Name} --help' shows how";
        if (args.Length == 0)
            throw new ToolException($"a command is required, for example 'samehost tour'; {tryHelp}", ExitStatus.UsageError);
        if ((MistypedWord.Find(root, command, args) ?? MistypedWord.Unmatched(root, command, parsed)) is { } mistyped)
            throw new ToolException($"{mistyped}{(mistyped.EndsWith('?') ? "" : ";")} {tryHelp}", ExitStatus.UsageError);
        if (parsed.Errors is [{ Message: { } problem }, ..])
            throw new ToolException($"{problem.TrimEnd('.')}; {tryHelp}", ExitStatus.UsageError);

        // Help and version are collected first, so that a closed pipe or a full disk is noticed.
        var text = new StringWriter();
        var status = await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = text,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
        if (text.GetStringBuilder().Length > 0)
            TerminalWriter.Write(text.ToString().TrimEnd() + "\n");
        return status;
    }
}

/// <summary>
/// An option that takes all following arguments, as <c>--exec COMMAND…</c> does, including the options of that command. Because the parser
/// would take those for its own, they are joined into one argument, with a NUL before each: no argument of a process can contain a NUL.
/// </summary>
internal sealed class TrailingCommandOption : Option<string[]>
{
    private const char Separator = '\0';

    public TrailingCommandOption(string name)
        : base(name)
    {
        Arity = ArgumentArity.ExactlyOne;
        CustomParser = result => result.Tokens[0].Value.Split(Separator, StringSplitOptions.None)[1..];
    }

    /// <summary>Returns the arguments with everything after the trailing-command option of the named command joined into one.</summary>
    public static string[] JoinTrailingArguments(Command root, string[] arguments)
    {
        if (arguments is not [{ } first, ..] || root.Subcommands.FirstOrDefault(c => c.Name == first) is not { } command)
            return arguments;
        var option = Array.FindIndex(arguments, word => command.Options.Any(o => o is TrailingCommandOption && o.Name == word));
        if (option < 0 || option == arguments.Length - 1)
            return arguments;
        return [.. arguments[..(option + 1)], string.Concat(arguments[(option + 1)..].Select(word => Separator + word))];
    }
}
