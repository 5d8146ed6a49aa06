using System.CommandLine;
using System.CommandLine.Help;
using Samehost.Programs;
using Samehost.Tool.Output;

namespace Samehost.Tool.Commands;

/// <summary>Reads what the user typed, runs the command that it names, and turns whatever happens into one exit status.</summary>
internal static class CommandLine
{
    private const string TryHelp = "'samehost --help' shows what it can do";

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
        catch (OutputException error) when (error.IsClosedPipe)
        {
            return ExitStatus.ClosedPipe; // the reader has seen enough
        }
        catch (ToolException error)
        {
            Terminal.Error(error.Message);
            return error.ExitStatus;
        }
        catch (Exception error)
        {
            Terminal.Error(error is UnixSocketException failed ? $"{failed.Summary}: {failed.EndPoint}" : error.Message);
            return ExitStatus.Failed;
        }
    }

    private static async Task<int> ParseAndRunAsync(string[] args)
    {
        // Not a RootCommand, which takes its name from the file that was started, and that may be anything.
        var root = new Command("samehost", "Local (Unix domain) sockets: see them at work, and why they fail.")
        {
            new HelpOption { Action = new HelpWithExamples() },
            new VersionOption(),
            TourCommand.Create(),
        };
        // A file whose name begins with @ is a file, not a list of arguments.
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (args.Length == 0)
            throw new ToolException($"say what to do, for example 'samehost tour'; {TryHelp}", ExitStatus.Usage);
        if (parsed.UnmatchedTokens is [{ } unknown, ..])
            throw new ToolException($"what is '{unknown}'? {TryHelp}", ExitStatus.Usage);
        if (parsed.Errors is [{ Message: { } problem }, ..])
            throw new ToolException($"{problem.TrimEnd('.')}; {TryHelp}", ExitStatus.Usage);

        // What the parser itself prints (help, version) is collected, so that a closed pipe or a full disk is noticed.
        var text = new StringWriter();
        var configuration = new InvocationConfiguration
        {
            Output = text,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        int status = await parsed.InvokeAsync(configuration);
        if (text.GetStringBuilder().Length > 0)
            Terminal.Write(text.ToString().TrimEnd() + "\n");
        return status;
    }
}
