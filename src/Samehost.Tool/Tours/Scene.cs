using Samehost.Tool.Commands;
using Samehost.Tool.Output;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Tours;

/// <summary>What the chapters of the tour have in common: programs say what they have to say, and the terminal shows it at once.</summary>
internal abstract class Scene(Terminal terminal, Workplace workplace, CancellationToken stop)
{
    protected const string StreamServer = "unixstreamserver";
    protected const string StreamClient = "unixstreamclient";
    protected const string DataServer = "unixdataserver";
    protected const string DataClient = "unixdataclient";
    protected const string StreamSocket = "stream.sock";
    protected const string DataSocket = "data.sock";

    protected Terminal Terminal => terminal;

    protected Workplace Workplace => workplace;

    protected CancellationToken Stop => stop;

    /// <summary>Starts a server and waits until it serves its socket, the last of the arguments.</summary>
    protected async Task<LocalProcess> ServeAsync(string program, params string[] arguments)
    {
        LocalProcess server = workplace.Start(program, arguments);
        await Readiness.WaitAsync(server, workplace.PathOf(arguments[^1]), stop);
        return server;
    }

    protected async Task TypeAsync(LocalProcess client, string line)
    {
        terminal.Said(Speaker.Typed, line);
        await client.TypeAsync(line, stop);
    }

    protected async Task ExpectAsync(LocalProcess program, Speaker speaker, string line)
    {
        await program.ExpectAsync(line, stop);
        terminal.Said(speaker, line);
    }

    /// <summary>Waits for a failure in these words, and shows it.</summary>
    protected async Task ExpectFailureAsync(LocalProcess program, Speaker speaker, string error)
    {
        string said = (await program.EndAsync(stop)).Errors;
        if (said != error)
            throw new ToolException($"a program said \"{said}\" where \"{error}\" was expected");
        terminal.Said(speaker, error);
    }

    protected void Why(string text) => terminal.Said(Speaker.Why, text);

    protected void Note(string text) => terminal.Said(Speaker.Note, text);
}
