// Prints each line that a client sends and answers it with "Hi, <line>".
using Samehost;
using Samehost.Programs;

const string Help = """
    usage: unixstreamserver [--keep] <local_path>

    Listens on a local stream socket, prints each line of its client and answers "Hi, <line>".
    It ends when that client quits; with --keep it serves any number at once until it is stopped.
    <local_path> is the path of the socket file, or @name for an abstract name.
    """;

return await LocalProgram.RunAsync("unixstreamserver", Help, args, async program =>
{
    var listenerOptions = new UnixListenerOptions { PeerPolicy = program.PeerPolicy };
    if (program.Keep)
    {
        // All clients belong to the same user, so the limit per user would reject them instead of letting them wait.
        var options = new UnixServerOptions { Listener = listenerOptions, MaxConnectionsPerUser = int.MaxValue };
        var server = program.DisposeAtExit(UnixServer.Start(program.EndPoint, ServeAndReportAsync, options));
        await server.Completion.WaitAsync(program.CancellationToken);
        return;
    }
    var listener = program.DisposeAtExit(UnixListener.Listen(program.EndPoint, listenerOptions));
    await using var client = await listener.AcceptAsync(program.CancellationToken);
    await ServeAsync(client, program.CancellationToken);
});

static async Task ServeAsync(UnixStream client, CancellationToken cancellationToken)
{
    var messages = new MessageReader(client.ReadAsync) { AcceptsBlocks = true };
    try
    {
        while (await messages.NextAsync(cancellationToken) is { } line)
        {
            Output.Line("Receive: "u8, line.Span);
            await AnswerAsync(client, line, cancellationToken);
        }
    }
    catch (IOException error) when (StreamText.IsClosed(error))
    {
        // The client was killed, which the server treats as a quit.
    }
    Output.Line("client quit"u8);
}

static async Task AnswerAsync(UnixStream client, ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
{
    try
    {
        await client.WriteAsync(StreamText.Frame("Hi, "u8, line.Span), cancellationToken);
    }
    catch (IOException error) when (StreamText.IsClosed(error))
    {
        // The client did not wait for the answer; the lines that it sent are still printed.
    }
}

static async Task ServeAndReportAsync(UnixStream client, CancellationToken cancellationToken)
{
    try
    {
        await ServeAsync(client, cancellationToken);
    }
    catch (Exception error) when (error is ProgramException or IOException)
    {
        Output.Error(LocalProgram.Describe(error));
    }
}
