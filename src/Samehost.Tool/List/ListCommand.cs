using System.CommandLine;
using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>The <c>samehost list</c> command.</summary>
internal static class ListCommand
{
    private static readonly Argument<string?> Pattern = new("PATTERN")
    {
        Description = "Only names that contain this, or that match it as a whole where it has * or ?; or the path of a socket file.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Listening = new("--listening")
    {
        Description = "Only listeners, and datagram sockets that have a name.",
    };

    private static readonly Option<bool> Stale = new("--stale")
    {
        Description = "Only socket files that no socket is bound to, all of them.",
    };

    private static readonly Option<string?> Process = new("--process")
    {
        Description = "Only what a process has open at either end: its number, or its name or program, * and ? allowed.",
        HelpName = "PROCESS",
    };

    private static readonly Option<SocketType?> Type = CommandOptions.Type("Only this type: stream, datagram or seqpacket.");

    private static readonly Option<bool> Json = CommandOptions.Json("Print a JSON array, a row a line.");

    private static readonly Option<GraphFormat?> Graph = GraphOption();

    private static readonly Option<bool> Watch = new("--watch") { Description = "Show the rows as they change, until Ctrl+C." };

    private static readonly Option<TimeSpan?> Interval =
        CommandOptions.Duration("--interval", "With --watch: the refresh interval (1s).");

    public static Command Create()
    {
        var command = new ToolCommand("list", "List local sockets, with the processes and users at both ends of each connection.")
        {
            Examples =
            [
                ("samehost list", "every local socket, a connection a row"),
                ("samehost list --listening", "who serves, and how many are connected"),
                ("samehost list '/run/*.sock' --json", "some, for a program"),
                ("samehost list --process Xorg", "what a program has open, and with whom"),
                ("samehost list --watch", "as they come and go"),
                ("samehost list --graph dot | dot -Tsvg", "a graph of the connections"),
            ],
            Details =
            [
                "The states are: listening; bound (it has a name and does not listen, as sockets do that receive datagrams); waiting (a "
                + "client that was not accepted yet); connected; hung-up (the other end is closed); unbound (no name and no peer); stale "
                + "(a socket file without a socket).",
                "Rows that look the same are one row, with their number behind the state (×775). (no file) behind the state of a listener "
                + "means that its file was removed or renamed, and (another file) that another one is in its place: no client reaches it "
                + "by its path. This is shown for processes with the same view of the file system as this one.",
                "QUEUES shows pending connections and backlog of a listener, and the bytes that were sent and not read yet of a "
                + "connection: to the server after the right arrow, to the client after the left one.",
                "A question mark in place of a process means that you may see none; the user who created the socket "
                + "follows. Root sees the processes of all users.",
                "A socket file that no socket is bound to is probed before it is listed as stale: a datagram socket connects to it and "
                + "sends nothing.",
            ],
        };
        foreach (var option in (Option[])[Listening, Stale, Process, Type, Json, Graph, Watch, Interval])
            command.Add(option);
        command.Add(Pattern);
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed)
    {
        var filter = new RowFilter
        {
            Pattern = parsed.GetValue(Pattern),
            Type = parsed.GetValue(Type),
            Process = parsed.GetValue(Process) is { } process ? new ProcessFilter(process) : null,
            OnlyListening = parsed.GetValue(Listening),
            OnlyStale = parsed.GetValue(Stale),
        };
        if (filter is { OnlyStale: true, WantsStaleFiles: false })
            throw new ToolException("--stale shows files, which do not listen and have neither type nor process", ExitStatus.UsageError);
        bool json = parsed.GetValue(Json), watch = parsed.GetValue(Watch);
        var graph = parsed.GetValue(Graph);
        if ((json ? 1 : 0) + (watch ? 1 : 0) + (graph is null ? 0 : 1) > 1)
            throw new ToolException("only one of --json, --graph and --watch can be given", ExitStatus.UsageError);
        if (!watch && parsed.GetValue(Interval) is not null)
            throw new ToolException("--interval needs --watch", ExitStatus.UsageError);
        if (watch)
            return ListWatcher.RunAsync(filter, parsed.GetValue(Interval) ?? TimeSpan.FromSeconds(1));

        Print(new SocketListing(filter, isBrief: !json), json, graph, filter.OnlyStale);
        return Task.FromResult(ExitStatus.Success);
    }

    private static void Print(SocketListing view, bool json, GraphFormat? graph, bool onlyStale)
    {
        var rows = view.Read();
        if (json)
        {
            TerminalWriter.Write(ListJson.Write(rows, view.Users));
            return;
        }
        if (graph is { } format)
        {
            TerminalWriter.Write(GraphFormatter.Write(SocketGraph.Of(rows, view.Text), format));
            return;
        }
        var lines = view.Lines(rows);
        TerminalWriter.Write(string.Join('\n', lines) + "\n");
        if (rows.Count == 0 && (view.UnclearFiles == 0 || !onlyStale))
            TerminalWriter.WriteHint("no local socket matches");
        if (view.HasOtherNames)
            TerminalWriter.WriteHint("names are those that servers gave to bind(2); other rows were found by their file");
        if (view.UnclearFiles > 0 && onlyStale)
            TerminalWriter.WriteHint($"{view.UnclearFiles} socket files could not be probed, and may be stale or not");
        if (rows.Exists(row => row.FileState != BoundFileState.Unknown))
            TerminalWriter.WriteHint("(no file), (another file): clients cannot reach these sockets by their paths any more");
        if (!view.HasAllStaleFiles)
            TerminalWriter.WriteHint("not all socket files were probed: --stale probes each");
        if (rows.Exists(IsHidden) && !Environment.IsPrivilegedProcess)
            TerminalWriter.WriteHint("? stands for processes that you may not inspect: root sees them");
    }

    private static bool IsHidden(SocketRow row) => row is { Client.Processes.Count: 0 } or { Server.Processes.Count: 0 };

    private static Option<GraphFormat?> GraphOption()
    {
        var option = CommandOptions.Parsed<GraphFormat?>("--graph", "FORMAT",
            "Print the connections as a graph: dot (Graphviz) or mermaid.", text => text switch
            {
                "dot" => (GraphFormat.Dot, null),
                "mermaid" => (GraphFormat.Mermaid, null),
                _ => (null, $"'{text}' is not a graph format: use dot or mermaid"),
            });
        option.CompletionSources.Add("dot", "mermaid");
        return option;
    }
}
