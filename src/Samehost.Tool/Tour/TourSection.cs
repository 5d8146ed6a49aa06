using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>The base of the sections of the tour: runs the programs and shows what they print.</summary>
internal abstract class TourSection(TerminalWriter terminal, TempWorkspace workspace, CancellationToken cancellationToken)
{
    protected const string StreamServer = "unixstreamserver";
    protected const string StreamClient = "unixstreamclient";
    protected const string DataServer = "unixdataserver";
    protected const string DataClient = "unixdataclient";
    protected const string StreamSocket = "stream.sock";
    protected const string DataSocket = "data.sock";

    protected TerminalWriter Terminal => terminal;

    protected TempWorkspace TempWorkspace => workspace;

    protected CancellationToken CancellationToken => cancellationToken;

    /// <summary>Starts a server and waits until it listens at its socket, the last argument.</summary>
    protected async Task<InteractiveProcess> ServeAsync(string program, params string[] arguments)
    {
        var server = workspace.Start(program, arguments);
        await ServerReadiness.WaitAsync(server, workspace.PathOf(arguments[^1]), cancellationToken);
        return server;
    }

    protected async Task TypeAsync(InteractiveProcess client, string line)
    {
        terminal.WriteLabeled(LineLabel.Typed, line);
        await client.TypeAsync(line, cancellationToken);
    }

    protected async Task ExpectAsync(InteractiveProcess program, LineLabel speaker, string line)
    {
        await program.ExpectAsync(line, cancellationToken);
        terminal.WriteLabeled(speaker, line);
    }

    /// <summary>Waits for the expected error, and shows it.</summary>
    protected async Task ExpectFailureAsync(InteractiveProcess program, LineLabel speaker, string error)
    {
        var said = (await program.EndAsync(cancellationToken)).Errors;
        if (said != error)
            throw new ToolException($"a program said \"{said}\" where \"{error}\" was expected");
        terminal.WriteLabeled(speaker, error);
    }

    protected void Why(string text) => terminal.WriteLabeled(LineLabel.Why, text);

    protected void Note(string text) => terminal.WriteLabeled(LineLabel.Note, text);
}

/// <summary>The label of a line: its source and color.</summary>
internal sealed record LineLabel(string Name, Color Color)
{
    public static readonly LineLabel Typed = new("typed", Color.Yellow);
    public static readonly LineLabel Server = new("server", Color.Green);
    public static readonly LineLabel Client = new("client", Color.Cyan);
    public static readonly LineLabel Why = new("why", Color.Magenta);
    public static readonly LineLabel Note = new("note", Color.Magenta);
}
