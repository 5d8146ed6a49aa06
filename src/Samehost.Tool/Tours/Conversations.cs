using Samehost.Tool.Commands;
using Samehost.Tool.Output;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Tours;

/// <summary>The two conversations of the tour, both sides of each line shown in the order in which they happen.</summary>
internal sealed class Conversations(Terminal terminal, Workplace workplace, CancellationToken stop) : Scene(terminal, workplace, stop)
{
    private static readonly string[] Lines = ["g1", "g2", "g3"];

    public async Task StreamAsync()
    {
        Terminal.Heading("1. A stream: a connection between two programs");
        Terminal.Shell($"{StreamServer} {StreamSocket}");
        LocalProcess server = await ServeAsync(StreamServer, StreamSocket);
        Terminal.Shell($"{StreamClient} {StreamSocket}");
        LocalProcess client = Workplace.Start(StreamClient, StreamSocket);
        foreach (string line in Lines)
        {
            await TypeAsync(client, line);
            await ExpectAsync(server, Speaker.Server, $"Receive: {line}");
            await ExpectAsync(client, Speaker.Client, $"Hi, {line}");
        }
        Terminal.Said(Speaker.Typed, "end of input (Ctrl+D)");
        client.EndInput();
        await ExpectAsync(server, Speaker.Server, "client quit");
        await EndsWellAsync(client);
        await EndsWellAsync(server);
        if (File.Exists(Workplace.PathOf(StreamSocket)))
            throw new ToolException($"{StreamServer} ended and left its socket file behind");
        Terminal.Paragraph(
            "Bytes arrive complete and in order, and each side learns when the other leaves. "
            + "This server serves one client; it has ended and removed its file.");
    }

    public async Task DatagramAsync()
    {
        Terminal.Heading("2. Datagrams: single messages, no connection");
        Terminal.Shell($"{DataServer} {DataSocket}");
        LocalProcess server = await ServeAsync(DataServer, DataSocket);
        Terminal.Shell($"{DataClient} {DataSocket}");
        LocalProcess client = Workplace.Start(DataClient, DataSocket);
        foreach (string line in Lines)
        {
            await TypeAsync(client, line);
            await ExpectAsync(client, Speaker.Client, $"now sending {line}");
            await ExpectAsync(server, Speaker.Server, $"Receive: {line}");
            await ExpectAsync(server, Speaker.Server, $"now sending: Hi, {line}");
            await ExpectAsync(client, Speaker.Client, $"Hi, {line}");
        }
        Terminal.Said(Speaker.Typed, "end of input (Ctrl+D)");
        client.EndInput();
        await EndsWellAsync(client);
        Terminal.Paragraph(
            "Each message arrives whole and alone. The client has an address of its own, or nobody could answer it. "
            + "The server did not notice that it left, and serves on.");
    }

    private async Task EndsWellAsync(LocalProcess program)
    {
        if (await program.EndAsync(Stop) is not (0, ""))
            throw await program.EndedEarlyAsync(Stop);
    }
}
