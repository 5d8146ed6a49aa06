using System.Net.Sockets;
using System.Text.Json;
using Samehost.Inspection;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Replay;

/// <summary>A validated recording: every event belongs to an open connection and has the values that it needs.</summary>
internal sealed record Recording(SocketType SocketType, IReadOnlyList<RecordedEvent> Events)
{
    private const string Input = "-";

    public IEnumerable<IGrouping<int, RecordedEvent>> Connections => Events.GroupBy(e => e.Connection);

    /// <exception cref="ToolException">The recording cannot be read or is invalid; the message has the number of the line.</exception>
    public static async Task<Recording> ReadAsync(string path)
    {
        try
        {
            return Parse(path, path == Input ? await ReadInputAsync() : await File.ReadAllBytesAsync(path));
        }
        catch (Exception error) when (FileErrorText.Is(error))
        {
            throw new ToolException($"the recording cannot be read: {FileErrorText.Of(path, error)}");
        }
    }

    // /dev/stdin cannot be opened when it is a socket, and is another file when standard input is closed.
    private static async Task<byte[]> ReadInputAsync()
    {
        var all = new MemoryStream();
        var buffer = new byte[65536];
        for (int got; (got = await OpenStandardInput.ReadAsync(buffer, CancellationToken.None)) > 0;)
            all.Write(buffer, 0, got);
        return all.ToArray();
    }

    /// <summary>Parses the content of a recording.</summary>
    /// <exception cref="ToolException">The recording is invalid; the message has the number of the line.</exception>
    public static Recording Parse(string path, byte[] content)
    {
        SocketType? kind = null;
        var events = new List<RecordedEvent>();
        var states = new Dictionary<int, bool>();
        var number = 0;
        foreach (var range in Lines(content))
        {
            number++;
            ReadOnlySpan<byte> text = content.AsSpan(range);
            if (kind is null)
            {
                kind = ReadHeader(path, ParseLine(path, number, text));
                continue;
            }
            var line = ParseLine(
                path, number, text, isIncomplete: range.End.Value == content.Length && content[^1] != (byte)'\n');
            events.Add(RecordedEvent.From(line, number, states) is ({ } found, null)
                ? found
                : throw InvalidLine(path, number, RecordedEvent.From(line, number, states).Problem!));
        }
        return kind is null
            ? throw new ToolException($"{path} is empty: a recording begins with a line about itself")
            : new Recording(kind.Value, events);
    }

    private static List<Range> Lines(byte[] content)
    {
        var lines = new List<Range>();
        for (var from = 0; from < content.Length;)
        {
            var newline = content.AsSpan(from).IndexOf((byte)'\n');
            var to = newline < 0 ? content.Length : from + newline;
            lines.Add(from..to);
            from = to + 1;
        }
        return lines;
    }

    private static SocketType ReadHeader(string path, RecordingLine line)
    {
        if (line.Format != RecordingLine.CurrentFormat)
        {
            throw InvalidLine(path, 1, line.Format is null
                ? "this is not a recording of 'samehost relay'"
                : $"\"{PrintableText.Of(line.Format)}\" is not the format that is read here, \"{RecordingLine.CurrentFormat}\"");
        }
        return line.Type switch
        {
            "stream" => SocketType.Stream,
            "seqpacket" => SocketType.Seqpacket,
            "datagram" => SocketType.Dgram,
            _ => throw InvalidLine(path, 1, "the type is neither stream, nor seqpacket, nor datagram"),
        };
    }

    /// <param name="path">The path, for errors.</param>
    /// <param name="number">The number of the line.</param>
    /// <param name="text">The line.</param>
    /// <param name="isIncomplete">Whether the file ends within this line.</param>
    private static RecordingLine ParseLine(string path, int number, ReadOnlySpan<byte> text, bool isIncomplete = false)
    {
        try
        {
            return JsonSerializer.Deserialize(text, RecordingJson.Default.RecordingLine) ?? throw InvalidLine(path, number, "it is null");
        }
        catch (JsonException) when (isIncomplete)
        {
            throw new ToolException(
                $"{path}, line {number}: the file ends in the middle of this line",
                hint: $"'head -n {number - 1}' gives what is whole of it, which can be replayed.");
        }
        catch (JsonException error)
        {
            var column = (error.BytePositionInLine ?? 0) + 1;
            throw InvalidLine(path, number, error.Path is { Length: > 1 } where
                ? $"\"{where[2..]}\" has a value that does not fit"
                : $"not JSON from column {column}: {QuotedText.Excerpt(text)}");
        }
    }

    private static ToolException InvalidLine(string path, int line, string problem) => new($"{path}, line {line}: {problem}");
}
