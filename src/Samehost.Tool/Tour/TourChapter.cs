using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>What the chapters of the tour have in common: programs say what they have to say, and the terminal shows it at once.</summary>
internal abstract class TourChapter(TerminalWriter terminal, TempWorkspace workspace, CancellationToken stop)
{
    protected const string StreamServer = "unixstreamserver";
    protected const string StreamClient = "unixstreamclient";
    protected const string DataServer = "unixdataserver";
    protected const string DataClient = "unixdataclient";
    protected const string StreamSocket = "stream.sock";
    protected const string DataSocket = "data.sock";

    protected TerminalWriter Terminal => terminal;

    protected TempWorkspace TempWorkspace => workspace;

    protected CancellationToken Stop => stop;

    /// <summary>Starts a server and waits until it serves its socket, the last of the arguments.</summary>
    protected async Task<InteractiveProcess> ServeAsync(string program, params string[] arguments)
    {
        InteractiveProcess server = workspace.Start(program, arguments);
        await ServerReadiness.WaitAsync(server, workspace.PathOf(arguments[^1]), stop);
        return server;
    }

    protected async Task TypeAsync(InteractiveProcess client, string line)
    {
        terminal.WriteLabeled(LineLabel.Typed, line);
        await client.TypeAsync(line, stop);
    }

    protected async Task ExpectAsync(InteractiveProcess program, LineLabel speaker, string line)
    {
        await program.ExpectAsync(line, stop);
        terminal.WriteLabeled(speaker, line);
    }

    /// <summary>Waits for a failure in these words, and shows it.</summary>
    protected async Task ExpectFailureAsync(InteractiveProcess program, LineLabel speaker, string error)
    {
        string said = (await program.EndAsync(stop)).Errors;
        if (said != error)
            throw new ToolException($"a program said \"{said}\" where \"{error}\" was expected");
        terminal.WriteLabeled(speaker, error);
    }

    protected void Why(string text) => terminal.WriteLabeled(LineLabel.Why, text);

    protected void Note(string text) => terminal.WriteLabeled(LineLabel.Note, text);
}

/// <summary>Whose line it is.</summary>
internal sealed record LineLabel(string Name, Color Color)
{
    public static readonly LineLabel Typed = new("typed", Color.Yellow);
    public static readonly LineLabel Server = new("server", Color.Green);
    public static readonly LineLabel Client = new("client", Color.Cyan);
    public static readonly LineLabel Why = new("why", Color.Magenta);
    public static readonly LineLabel Note = new("note", Color.Magenta);
}
