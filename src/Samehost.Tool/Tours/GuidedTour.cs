using System.Diagnostics;
using Samehost.Tool.Commands;
using Samehost.Tool.Output;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Tours;

/// <summary>The tour without a file: two conversations and the errors that newcomers meet.</summary>
internal sealed class GuidedTour(Terminal terminal, Workplace workplace, CancellationToken stop)
{
    public async Task<int> RunAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        Terminal.Paragraph(
            "Programs on one machine talk through local sockets. Those below are real processes, and their sockets are files in "
            + workplace.Root + ".");
        var conversations = new Conversations(terminal, workplace, stop);
        var errors = new Errors(terminal, workplace, stop);
        await conversations.StreamAsync();
        await conversations.DatagramAsync();
        await errors.ShowAsync();

        await workplace.DisposeAsync();
        terminal.Heading($"Done in {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} seconds; no process and no file is left.");
        Terminal.Paragraph("Next: 'samehost tour --file PATH' sends the lines of a file of yours.");
        return ExitStatus.Done;
    }
}
