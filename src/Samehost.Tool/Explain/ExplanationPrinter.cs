using System.Globalization;
using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Explain;

/// <summary>Prints an explanation: the path walk with a mark for each step, the server, the verdict, and the remedy.</summary>
internal sealed class ExplanationPrinter(TerminalWriter terminal)
{
    private const int LabelWidth = 9;
    private const int MaxProcesses = 3;

    public void Print(UnixExplanation explanation)
    {
        var verdict = explanation.Verdict;
        TerminalWriter.WriteLine($"{explanation.Operation} {explanation.Address} as {explanation.User}, {explanation.SocketType.ToName()}");
        if (explanation.Walk.Count > 0)
            TerminalWriter.WriteLine();
        PrintWalk(explanation.Walk);
        TerminalWriter.WriteLine();
        if (explanation.Socket is { } socket)
            PrintLabeled("socket", Describe(socket, explanation.ServerStarted));
        var (color, answer) = verdict.Outcome switch
        {
            UnixOutcome.Works => (Color.Green, $"{explanation.Operation} would work"),
            UnixOutcome.Fails => (Color.Red, $"{explanation.Operation} would fail: {verdict.ErrnoText}"),
            _ => (Color.Yellow, "cannot be determined from here"),
        };
        PrintLabeled("verdict", terminal.Colorize(color, answer));
        PrintLabeled("why", verdict.Reason);
        if (verdict.Remedy is { } remedy)
            PrintLabeled(FormatParty(verdict.ResponsibleParty), remedy);
        foreach (var note in explanation.Notes)
            PrintLabeled("note", note);
    }

    private void PrintWalk(IReadOnlyList<UnixPathStep> walk)
    {
        string[][] rows = [.. walk.Select(FormatStep)];
        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Select(r => r[column].Length).DefaultIfEmpty().Max())];
        for (var i = 0; i < rows.Length; i++)
        {
            var step = walk[i];
            var (color, mark) = step switch
            {
                { Errno: not Errno.None } => (Color.Red, "✗"),
                { Kind: UnixFileKind.Hidden } => (Color.Yellow, "?"),
                _ => (Color.Green, "✓"),
            };
            var cells = string.Join("  ", rows[i].Select((cell, column) => column < 4 ? cell.PadRight(widths[column]) : cell));
            TerminalWriter.WriteLine($"  {terminal.Colorize(color, mark)} {cells.TrimEnd()}");
        }
    }

    // Path, mode, owner, rule, remarks.
    private static string[] FormatStep(UnixPathStep step)
    {
        var rule = step switch
        {
            { Rule: { } by } => $"{step.Asked}: {by}",
            { Kind: UnixFileKind.Missing, Errno: Errno.None } => "free",
            { Kind: UnixFileKind.Missing } => "missing",
            _ => "",
        };
        var remarks = new List<string>();
        if (step.LinkTarget is { } target)
            remarks.Add($"-> {target}");
        if (step.FileSystem is { } fileSystem)
            remarks.Add(step.IsReadOnly ? $"{fileSystem}, read-only" : fileSystem);
        return [step.Path, step.ModeText ?? "", step.Owner ?? "", rule, string.Join("  ", remarks)];
    }

    private static string Describe(UnixSocketEntry socket, DateTimeOffset? started)
    {
        var state = socket switch
        {
            { State: UnixSocketState.Listening } => $"listens, {socket.Pending} waiting with a backlog of {socket.Backlog}",
            { SocketType: SocketType.Dgram } => "receives",
            { State: UnixSocketState.Connected } => "is connected",
            _ => "is bound and does not listen",
        };
        var who = string.Join(", ", socket.Processes.Take(MaxProcesses)
            .Select(h => $"{QuotedText.ProcessName(h)} ({h.ProcessId})" + (h.UserId is { } user ? $" of {new UnixUser(user, 0)}" : "")));
        var more = socket.Processes.Count > MaxProcesses ? $" and {socket.Processes.Count - MaxProcesses} more" : "";
        var since = started?.ToString("', running since 'yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
        var server = who.Length > 0 ? who + more + since : "its process cannot be seen from here";
        return $"A {socket.SocketType.ToName()} socket {state}: {server}.";
    }

    private void PrintLabeled(string label, string text)
    {
        var prefix = terminal.Colorize(Color.Bold, label.PadRight(LabelWidth));
        foreach (var line in TerminalWriter.Wrap(text, LabelWidth))
        {
            TerminalWriter.WriteLine(prefix + line);
            prefix = new string(' ', LabelWidth);
        }
    }

    private static string FormatParty(ResponsibleParty side) => side switch
    {
        ResponsibleParty.Server => "server",
        ResponsibleParty.Owner => "owner",
        _ => "you",
    };
}
