// Sends each line of standard input as one datagram and prints the answer.
using Samehost;
using Samehost.Programs;
using Samehost.Programs.Interop;

const string Help = """
    usage: unixdataclient <local_path>

    Sends each line of standard input as one datagram to a local socket and prints the answer before the next.
    <local_path> is the path of the socket file, or @name for an abstract name.
    """;

return await LocalProgram.RunAsync("unixdataclient", Help, args, async program =>
{
    var directory = program.DisposeAtExit(new PrivateDirectory("unixdataclient-"));
    var socket = program.DisposeAtExit(UnixDatagram.Bind(directory.GetEndPoint("client.sock")));
    socket.Connect(program.EndPoint);
    var lines = new MessageReader(StandardDescriptors.ReadAsync);
    var answers = new AnswerReceiver(socket, program.EndPoint);
    try
    {
        while (await lines.NextAsync(program.CancellationToken) is { } line)
        {
            Output.Line("now sending "u8, line.Span);
            await socket.SendAsync(line, program.CancellationToken);
            Output.Line((await answers.NextAsync(program.CancellationToken)).Span);
        }
    }
    catch (UnixSocketException error) when (AnswerReceiver.IsServerTerminated(error))
    {
        throw new ProgramException("server terminated prematurely");
    }
});
