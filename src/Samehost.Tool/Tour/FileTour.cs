using System.Diagnostics;
using Samehost.Inspection;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>
/// The tour with a file: its lines go through the real servers. The tool itself is the client, because it checks the answers.
/// </summary>
internal sealed class FileTour(TerminalWriter terminal, TempWorkspace workspace, CancellationToken cancellationToken)
    : TourSection(terminal, workspace, cancellationToken)
{
    public async Task<int> RunAsync(string path)
    {
        using var lines = new LineFileReader(path);
        TerminalWriter.WriteParagraph($"Two real servers are to answer each line of {PrintableText.Of(path)} with \"Hi, <line>\".");
        Terminal.WriteShellCommand($"{StreamServer} {StreamSocket}");
        Terminal.WriteShellCommand($"{DataServer} {DataSocket}");
        var streamServer = await ServeAsync(StreamServer, StreamSocket);
        var dataServer = await ServeAsync(DataServer, DataSocket);

        // The output is checked by its number of lines; it has to be read, or the servers would block.
        var printed = streamServer.CountLinesAsync(CancellationToken);
        _ = dataServer.CountLinesAsync(CancellationToken);
        var (stream, datagram) = await ExchangeAsync(lines);
        if (await streamServer.EndAsync(CancellationToken) is not (0, ""))
            throw await streamServer.EndedEarlyAsync(CancellationToken);

        Report(lines, stream, datagram);
        if (stream.Wrong + datagram.Wrong > 0)
            throw new ToolException("not every answer was \"Hi, <line>\"");
        if (await printed != lines.Lines + 1)
            throw new ToolException($"{StreamServer} printed {await printed:N0} lines, not one for each and \"client quit\"");
        return ExitStatus.Success;
    }

    private async Task<(AnswerStatistics Stream, AnswerStatistics Datagram)> ExchangeAsync(LineFileReader lines)
    {
        await using var stream = await UnixStream.ConnectAsync(EndPointOf(StreamSocket), cancellationToken: CancellationToken);
        await using var datagram = UnixDatagram.Bind(EndPointOf("client.sock"));
        datagram.Connect(EndPointOf(DataSocket));
        var streamExchange = new StreamExchange(stream, CancellationToken);
        var datagramExchange = new DatagramExchange(datagram, CancellationToken);
        var batch = new LineBatch();
        while (await lines.ReadAsync(batch, CancellationToken))
        {
            await streamExchange.SendAsync(batch);
            await datagramExchange.SendAsync(batch);
        }
        return (streamExchange.Statistics, datagramExchange.Statistics);
    }

    private static void Report(LineFileReader lines, AnswerStatistics stream, AnswerStatistics datagram)
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

/// <summary>Counts the answers on one socket type, keeps the first wrong one, and measures the time.</summary>
internal sealed class AnswerStatistics
{
    /// <summary>The number of answers below which start-up dominates the speed.</summary>
    private const int MinAnswersForSpeed = 10_000;

    private readonly Stopwatch _watch = new();
    private string? _firstWrong;

    public long Answers { get; private set; }

    public long Wrong { get; private set; }

    /// <summary>The number of lines that are too long for this socket type.</summary>
    public long TooLong { get; set; }

    public void Start() => _watch.Start();

    public void Pause() => _watch.Stop();

    public void Add(ReadOnlySpan<byte> line, ReadOnlySpan<byte> answer)
    {
        Answers++;
        if (answer.StartsWith("Hi, "u8) && answer[4..].SequenceEqual(line))
            return;
        Wrong++;
        _firstWrong ??= $"{QuotedText.Excerpt(line)} was answered with {QuotedText.Excerpt(answer)}";
    }

    public void Print(string kind)
    {
        var seconds = _watch.Elapsed.TotalSeconds;
        var verdict = Wrong == 0 ? "every answer was \"Hi, <line>\"" : $"{Wrong:N0} of {Answers:N0} answers were WRONG";
        var speed = Answers < MinAnswersForSpeed ? "" : $" ({Answers / seconds:N0} a second)";
        if (Answers > 0)
            TerminalWriter.WriteLine($"  {kind,-8}  {verdict}, in {seconds:0.00} s{speed}");
        if (_firstWrong is not null)
            TerminalWriter.WriteLine($"            {_firstWrong}");
        if (TooLong > 0)
            TerminalWriter.WriteLine($"  {(Answers > 0 ? "" : kind),-8}  lines too long for a datagram, left out: {TooLong:N0}");
    }
}
