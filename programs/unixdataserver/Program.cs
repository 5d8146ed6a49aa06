// Prints each datagram and answers its sender with "Hi, <text>".
using Samehost;
using Samehost.Programs;

const string Help = """
    usage: unixdataserver <local_path>

    Binds a local datagram socket, prints each datagram and answers its sender with "Hi, <text>", until it is stopped.
    <local_path> is the path of the socket file, or @name for an abstract name.
    """;

return await LocalProgram.RunAsync("unixdataserver", Help, args, async program =>
{
    var options = new UnixDatagramOptions { PeerPolicy = program.PeerPolicy };
    var socket = program.DisposeAtExit(UnixDatagram.Bind(program.EndPoint, options));
    var answers = new AnswerQueue(socket);
    var buffer = new byte[DatagramText.BufferSize];
    while (true)
    {
        var result = await socket.ReceiveAsync(buffer, program.CancellationToken);
        byte[] answer = [.. "Hi, "u8, .. DatagramText.Of(buffer.AsSpan(0, result.Count))];
        Output.Line("Receive: "u8, answer.AsSpan("Hi, ".Length));
        if (result.IsTruncated)
            Output.Error($"a datagram of {result.Length} bytes was cut to {result.Count}");
        if (result.Sender.Kind == UnixEndPointKind.Unnamed)
        {
            Output.Error("the sender has no address, so it cannot be answered");
            continue;
        }
        Output.Line("now sending: "u8, answer);
        answers.Send(DatagramText.CreateAnswer(buffer.AsSpan(0, result.Count), answer), result.Sender);
    }
});
