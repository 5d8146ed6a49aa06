using System.CommandLine;
using Samehost.Tool.Output;
using Samehost.Tool.Tours;

namespace Samehost.Tool.Commands;

/// <summary><c>samehost tour</c>: real servers and clients talk before the user's eyes.</summary>
internal static class TourCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--file")
        {
            Description = "Send this file's lines instead, and check that every answer is \"Hi, <line>\".",
            HelpName = "PATH",
        };
        var command = new ToolCommand("tour", "Watch real servers and clients talk, and fail.")
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
            throw new ToolException("--file needs the path of a file with lines", ExitStatus.Usage);
        var terminal = new Terminal();
        return Interruptible.RunAsync((workplace, stop) => path is null
            ? new GuidedTour(terminal, workplace, stop).RunAsync()
            : new FileTour(terminal, workplace, stop).RunAsync(path));
    }
}
