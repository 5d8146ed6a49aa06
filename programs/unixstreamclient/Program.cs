// Sends each line of standard input to a stream server and prints the answer.
using Samehost;
using Samehost.Programs;
using Samehost.Programs.Interop;

const string Help = """
    usage: unixstreamclient <local_path>

    Connects to a local stream socket, sends each line of standard input and prints the answer before the next.
    <local_path> is the path of the socket file, or @name for an abstract name.
    """;

return await LocalProgram.RunAsync("unixstreamclient", Help, args, async program =>
{
    var server = program.DisposeAtExit(
        await UnixStream.ConnectAsync(program.EndPoint, cancellationToken: program.CancellationToken));
    var lines = new MessageReader(StandardDescriptors.ReadAsync);
    var answers = new AnswerReader(server);
    try
    {
        while (await answers.WaitForLineAsync(lines.NextAsync(program.CancellationToken), program.CancellationToken) is { } line)
        {
            await server.WriteAsync(StreamText.Frame([], line.Span), program.CancellationToken);
            Output.Line((await answers.NextAsync(program.CancellationToken)).Span);
        }
    }
    catch (IOException error) when (StreamText.IsClosed(error))
    {
        throw AnswerReader.ServerTerminated();
    }
});
