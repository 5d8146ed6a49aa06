using Samehost.Tool.Commands;
using Samehost.Tool.Output;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Tours;

/// <summary>
/// The tour with a file: its lines go through the real servers. The tool is the client itself, because it is to check answers, not
/// to print them.
/// </summary>
internal sealed class FileTour(Terminal terminal, Workplace workplace, CancellationToken stop) : Scene(terminal, workplace, stop)
{
    public async Task<int> RunAsync(string path)
    {
        using var lines = new FileLines(path);
        Terminal.Paragraph($"Two real servers are to answer each line of {Printable.Text(path)} with \"Hi, <line>\".");
        Terminal.Shell($"{StreamServer} {StreamSocket}");
        Terminal.Shell($"{DataServer} {DataSocket}");
        LocalProcess streamServer = await ServeAsync(StreamServer, StreamSocket);
        LocalProcess dataServer = await ServeAsync(DataServer, DataSocket);

        // What they print is checked by its number of lines; somebody has to read it, or they would wait.
        Task<long> printed = streamServer.CountLinesAsync(Stop);
        _ = dataServer.CountLinesAsync(Stop);
        (Tally stream, Tally datagram) = await ExchangeAsync(lines);
        if (await streamServer.EndAsync(Stop) is not (0, ""))
            throw await streamServer.EndedEarlyAsync(Stop);

        Report(lines, stream, datagram);
        if (stream.Wrong + datagram.Wrong > 0)
            throw new ToolException("not every answer was \"Hi, <line>\"");
        if (await printed != lines.Lines + 1)
            throw new ToolException($"{StreamServer} printed {await printed:N0} lines, not one for each and \"client quit\"");
        return ExitStatus.Done;
    }

    private async Task<(Tally Stream, Tally Datagram)> ExchangeAsync(FileLines lines)
    {
        await using UnixStream stream = await UnixStream.ConnectAsync(EndPointOf(StreamSocket), cancellationToken: Stop);
        await using UnixDatagram datagram = UnixDatagram.Bind(EndPointOf("client.sock"));
        datagram.Connect(EndPointOf(DataSocket));
        var streamExchange = new StreamExchange(stream, Stop);
        var datagramExchange = new DatagramExchange(datagram, Stop);
        var batch = new LineBatch();
        while (await lines.ReadAsync(batch, Stop))
        {
            await streamExchange.SendAsync(batch);
            await datagramExchange.SendAsync(batch);
        }
        return (streamExchange.Tally, datagramExchange.Tally);
    }

    private static void Report(FileLines lines, Tally stream, Tally datagram)
    {
        Terminal.Line();
        Terminal.Line($"  lines     {lines.Lines:N0}{(lines.LacksFinalNewline ? " (the last without a newline)" : "")}");
        Terminal.Line($"  bytes     {lines.Bytes:N0}");
        if (lines.Lines == 0)
        {
            Terminal.Line("  The file is empty, so there was nothing to send.");
            return;
        }
        stream.Print("stream");
        datagram.Print("datagram");
    }

    private UnixEndPoint EndPointOf(string socket) => UnixEndPoint.FromPath(Workplace.PathOf(socket));
}
