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
    var listening = new UnixListenerOptions { PeerPolicy = program.Callers };
    if (program.Keep)
    {
        // All clients are one user's: those over the limit wait instead of being refused.
        var options = new UnixServerOptions { Listener = listening, MaxConnectionsPerUser = int.MaxValue };
        UnixServer server = program.Own(UnixServer.Start(program.EndPoint, ServeOneOfManyAsync, options));
        await server.Completion.WaitAsync(program.CancellationToken);
        return;
    }
    UnixListener listener = program.Own(UnixListener.Listen(program.EndPoint, listening));
    await using UnixStream client = await listener.AcceptAsync(program.CancellationToken);
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
        // A killed client ends like one that closes.
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
        // The client closed before the answer; its earlier lines are still printed.
    }
}

static async Task ServeOneOfManyAsync(UnixStream client, CancellationToken cancellationToken)
{
    try
    {
        await ServeAsync(client, cancellationToken);
    }
    catch (Exception problem) when (problem is ProgramException or IOException)
    {
        Output.Error(LocalProgram.Describe(problem));
    }
}
