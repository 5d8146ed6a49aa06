using System.Diagnostics;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>
/// The tour with a file: its lines go through the real servers. The tool is the client itself, because it is to check answers, not
/// to print them.
/// </summary>
internal sealed class FileTour(TerminalWriter terminal, TempWorkspace workspace, CancellationToken stop) : TourChapter(terminal, workspace, stop)
{
    public async Task<int> RunAsync(string path)
    {
        using var lines = new LineFile(path);
        TerminalWriter.WriteParagraph($"Two real servers are to answer each line of {Printable.Text(path)} with \"Hi, <line>\".");
        Terminal.WriteShellCommand($"{StreamServer} {StreamSocket}");
        Terminal.WriteShellCommand($"{DataServer} {DataSocket}");
        InteractiveProcess streamServer = await ServeAsync(StreamServer, StreamSocket);
        InteractiveProcess dataServer = await ServeAsync(DataServer, DataSocket);

        // What they print is checked by its number of lines; somebody has to read it, or they would wait.
        Task<long> printed = streamServer.CountLinesAsync(Stop);
        _ = dataServer.CountLinesAsync(Stop);
        (AnswerStatistics stream, AnswerStatistics datagram) = await ExchangeAsync(lines);
        if (await streamServer.EndAsync(Stop) is not (0, ""))
            throw await streamServer.EndedEarlyAsync(Stop);

        Report(lines, stream, datagram);
        if (stream.Wrong + datagram.Wrong > 0)
            throw new ToolException("not every answer was \"Hi, <line>\"");
        if (await printed != lines.Lines + 1)
            throw new ToolException($"{StreamServer} printed {await printed:N0} lines, not one for each and \"client quit\"");
        return ExitStatus.Success;
    }

    private async Task<(AnswerStatistics Stream, AnswerStatistics Datagram)> ExchangeAsync(LineFile lines)
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
        return (streamExchange.Statistics, datagramExchange.Statistics);
    }

    private static void Report(LineFile lines, AnswerStatistics stream, AnswerStatistics datagram)
    {
        TerminalWriter.WriteLine();
        TerminalWriter.WriteLine($"  lines     {lines.Lines:N0}{(lines.LacksFinalNewline ? " (the last without a newline)" : "")}");
        TerminalWriter.WriteLine($"  bytes     {lines.Bytes:N0}");
        if (lines.Lines == 0)
        {
            TerminalWriter.WriteLine("  The file is empty, so there was nothing to send.");
            return;
        }
        stream.Print("stream");
        datagram.Print("datagram");
    }

    private UnixEndPoint EndPointOf(string socket) => UnixEndPoint.FromPath(TempWorkspace.PathOf(socket));
}

/// <summary>Counts the answers on one kind of socket, keeps the first wrong one, and measures the time of sending and answering.</summary>
internal sealed class AnswerStatistics
{
    /// <summary>Fewer answers measure how the programs start, not how fast they are.</summary>
    private const int EnoughForSpeed = 10_000;

    private readonly Stopwatch _watch = new();
    private string? _firstWrong;

    public long Answers { get; private set; }

    public long Wrong { get; private set; }

    /// <summary>Lines that this kind of socket cannot carry.</summary>
    public long TooLong { get; set; }

    public void Start() => _watch.Start();

    public void Pause() => _watch.Stop();

    public void Add(ReadOnlySpan<byte> line, ReadOnlySpan<byte> answer)
    {
        Answers++;
        if (answer.StartsWith("Hi, "u8) && answer[4..].SequenceEqual(line))
            return;
        Wrong++;
        _firstWrong ??= $"{Printable.Excerpt(line)} was answered with {Printable.Excerpt(answer)}";
    }

    public void Print(string kind)
    {
        double seconds = _watch.Elapsed.TotalSeconds;
        string verdict = Wrong == 0 ? "every answer was \"Hi, <line>\"" : $"{Wrong:N0} of {Answers:N0} answers were WRONG";
        string speed = Answers < EnoughForSpeed ? "" : $" ({Answers / seconds:N0} a second)";
        if (Answers > 0)
            TerminalWriter.WriteLine($"  {kind,-8}  {verdict}, in {seconds:0.00} s{speed}");
        if (_firstWrong is not null)
            TerminalWriter.WriteLine($"            {_firstWrong}");
        if (TooLong > 0)
            TerminalWriter.WriteLine($"  {(Answers > 0 ? "" : kind),-8}  lines too long for a datagram, left out: {TooLong:N0}");
    }
}
