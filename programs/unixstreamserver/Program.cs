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
        // All clients are the same user's: those beyond the limit wait their turn instead of being sent away.
        var options = new UnixServerOptions { Listener = listening, MaxConnectionsPerUser = int.MaxValue };
        UnixServer server = program.Own(UnixServer.Start(program.EndPoint, ServeOneOfManyAsync, options));
        await server.Completion.WaitAsync(program.Stop);
        return;
    }
    UnixListener listener = program.Own(UnixListener.Listen(program.EndPoint, listening));
    await using UnixStream client = await listener.AcceptAsync(program.Stop);
    await ServeAsync(client, program.Stop);
});

static async Task ServeAsync(UnixStream client, CancellationToken stop)
{
    var messages = new MessageReader(client.ReadAsync) { AcceptsBlocks = true };
    try
    {
        while (await messages.NextAsync(stop) is { } line)
        {
            Output.Line("Receive: "u8, line.Span);
            await AnswerAsync(client, line, stop);
        }
    }
    catch (IOException error) when (StreamText.IsGone(error))
    {
        // Killed rather than closed: for the server that is a quit like any other.
    }
    Output.Line("client quit"u8);
}

static async Task AnswerAsync(UnixStream client, ReadOnlyMemory<byte> line, CancellationToken stop)
{
    try
    {
        await client.WriteAsync(StreamText.Frame("Hi, "u8, line.Span), stop);
    }
    catch (IOException error) when (StreamText.IsGone(error))
    {
        // It left without waiting for the answer; what it sent before is still worth printing.
    }
}

static async Task ServeOneOfManyAsync(UnixStream client, CancellationToken stop)
{
    try
    {
        await ServeAsync(client, stop);
    }
    catch (Exception problem) when (problem is ProgramException or IOException)
    {
        Output.Error(LocalProgram.Describe(problem));
    }
}
