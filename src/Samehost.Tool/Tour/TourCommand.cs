using System.CommandLine;
using System.Diagnostics;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>The <c>samehost tour</c> command.</summary>
internal static class TourCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--file")
        {
            Description = "Send this file's lines instead, and check that every answer is \"Hi, <line>\".",
            HelpName = "PATH",
        };
        var command = new ToolCommand("tour", "Show real servers and clients at work, and common errors.")
        {
            Examples =
            [
                ("samehost tour", "servers, clients, and five common errors"),
                ("samehost tour --file words.txt", "send your lines and check every answer"),
            ],
        };
        command.Add(file);
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(file)));
        return command;
    }

    private static Task<int> RunAsync(string? path)
    {
        if (path is { Length: 0 })
            throw new ToolException("--file needs the path of a file with lines", ExitStatus.UsageError);
        var terminal = new TerminalWriter();
        return CommandRunner.RunAsync((workspace, cancellationToken) => path is null
            ? new GuidedTour(terminal, workspace, cancellationToken).RunAsync()
            : new FileTour(terminal, workspace, cancellationToken).RunAsync(path));
    }
}

/// <summary>The tour without a file: both socket types, and common errors.</summary>
internal sealed class GuidedTour(TerminalWriter terminal, TempWorkspace workspace, CancellationToken cancellationToken)
{
    public async Task<int> RunAsync()
    {
        var begin = Stopwatch.GetTimestamp();
        TerminalWriter.WriteParagraph(
            "Programs on one machine talk through local sockets. Those below are real processes, and their sockets are files in "
            + workspace.Root + ".");
        var socketTypes = new SocketTypeSection(terminal, workspace, cancellationToken);
        var errors = new ErrorSection(terminal, workspace, cancellationToken);
        await socketTypes.StreamAsync();
        await socketTypes.DatagramAsync();
        await errors.ShowAsync();

        await workspace.DisposeAsync();
        terminal.WriteHeading($"Done in {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} seconds; no process and no file is left.");
        TerminalWriter.WriteParagraph("Next: 'samehost tour --file PATH' sends the lines of a file of yours.");
        return ExitStatus.Success;
    }
}
