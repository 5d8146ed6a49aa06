using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>The sections on streams and datagrams, with both sides of each line in order.</summary>
internal sealed class SocketTypeSection(TerminalWriter terminal, TempWorkspace workspace, CancellationToken cancellationToken)
    : TourSection(terminal, workspace, cancellationToken)
{
    private static readonly string[] Lines = ["g1", "g2", "g3"];

    public async Task StreamAsync()
    {
        Terminal.WriteHeading("1. A stream: a connection between two programs");
        var (server, client) = await StartPairAsync(StreamServer, StreamClient, StreamSocket);
        foreach (var line in Lines)
        {
            await TypeAsync(client, line);
            await ExpectAsync(server, LineLabel.Server, $"Receive: {line}");
            await ExpectAsync(client, LineLabel.Client, $"Hi, {line}");
        }
        EndInput(client);
        await ExpectAsync(server, LineLabel.Server, "client quit");
        await EndsWellAsync(client);
        await EndsWellAsync(server);
        if (File.Exists(TempWorkspace.PathOf(StreamSocket)))
            throw new ToolException($"{StreamServer} ended and left its socket file behind");
        TerminalWriter.WriteParagraph(
            "Bytes arrive complete and in order, and each side is notified when the other closes. "
            + "This server serves one client; it has ended and removed its file.");
    }

    public async Task DatagramAsync()
    {
        Terminal.WriteHeading("2. Datagrams: single messages, no connection");
        var (server, client) = await StartPairAsync(DataServer, DataClient, DataSocket);
        foreach (var line in Lines)
        {
            await TypeAsync(client, line);
            await ExpectAsync(client, LineLabel.Client, $"now sending {line}");
            await ExpectAsync(server, LineLabel.Server, $"Receive: {line}");
            await ExpectAsync(server, LineLabel.Server, $"now sending: Hi, {line}");
            await ExpectAsync(client, LineLabel.Client, $"Hi, {line}");
        }
        EndInput(client);
        await EndsWellAsync(client);
        TerminalWriter.WriteParagraph(
            "Each message arrives whole and alone. The client has an address of its own, or it could not be answered. "
            + "The server does not notice that it closed, and continues.");
    }

    private async Task<(InteractiveProcess Server, InteractiveProcess Client)> StartPairAsync(string server, string client, string socket)
    {
        Terminal.WriteShellCommand($"{server} {socket}");
        var serverProcess = await ServeAsync(server, socket);
        Terminal.WriteShellCommand($"{client} {socket}");
        return (serverProcess, TempWorkspace.Start(client, socket));
    }

    private void EndInput(InteractiveProcess client)
    {
        Terminal.WriteLabeled(LineLabel.Typed, "end of input (Ctrl+D)");
        client.EndInput();
    }

    private async Task EndsWellAsync(InteractiveProcess program)
    {
        if (await program.EndAsync(CancellationToken) is not (0, ""))
            throw await program.EndedEarlyAsync(CancellationToken);
    }
}
