using System.Text.Json;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Replay;

/// <summary>What a recording says, checked: every line is of an open connection and has what its event needs.</summary>
internal sealed record Recording(SocketKind Kind, IReadOnlyList<RecordedEvent> Events)
{
    private const string Input = "-";

    public IEnumerable<IGrouping<int, RecordedEvent>> Connections => Events.GroupBy(e => e.Connection);

    /// <exception cref="ToolException">It cannot be read, or is no recording; the message has the number of the line.</exception>
    public static async Task<Recording> ReadAsync(string path)
    {
        try
        {
            return Check(path, path == Input ? await ReadInputAsync() : await File.ReadAllBytesAsync(path));
        }
        catch (Exception error) when (FileProblem.Is(error))
        {
            throw new ToolException($"the recording cannot be read: {FileProblem.Of(path, error)}");
        }
    }

    // Not /dev/stdin, which cannot be opened when it is a socket, and is something else when there is none.
    private static async Task<byte[]> ReadInputAsync()
    {
        var all = new MemoryStream();
        byte[] buffer = new byte[65536];
        for (int got; (got = await OpenStandardInput.ReadAsync(buffer, CancellationToken.None)) > 0;)
            all.Write(buffer, 0, got);
        return all.ToArray();
    }

    /// <summary>Reads the content of a recording.</summary>
    /// <exception cref="ToolException">It is none; the message has the number of the line.</exception>
    public static Recording Check(string path, byte[] content)
    {
        SocketKind? kind = null;
        var events = new List<RecordedEvent>();
        var states = new Dictionary<int, bool>();
        int number = 0;
        foreach (Range range in Lines(content))
        {
            number++;
            ReadOnlySpan<byte> text = content.AsSpan(range);
            if (kind is null)
            {
                kind = ReadHeader(path, Parse(path, number, text));
                continue;
            }
            RecordingLine line = Parse(path, number, text, isTorn: range.End.Value == content.Length && content[^1] != (byte)'\n');
            events.Add(RecordedEvent.From(line, number, states) is ({ } found, null)
                ? found
                : throw Bad(path, number, RecordedEvent.From(line, number, states).Problem!));
        }
        return kind is null
            ? throw new ToolException($"{path} is empty: a recording begins with a line about itself")
            : new Recording(kind.Value, events);
    }

    private static List<Range> Lines(byte[] content)
    {
        var lines = new List<Range>();
        for (int from = 0; from < content.Length;)
        {
            int newline = content.AsSpan(from).IndexOf((byte)'\n');
            int to = newline < 0 ? content.Length : from + newline;
            lines.Add(from..to);
            from = to + 1;
        }
        return lines;
    }

    private static SocketKind ReadHeader(string path, RecordingLine line)
    {
        if (line.Format != RecordingLine.CurrentFormat)
        {
            throw Bad(path, 1, line.Format is null
                ? "this is no recording of 'samehost relay'"
                : $"\"{Printable.Text(line.Format)}\" is not the format that is read here, \"{RecordingLine.CurrentFormat}\"");
        }
        return line.Type switch
        {
            "stream" => SocketKind.Stream,
            "seqpacket" => SocketKind.Seqpacket,
            "datagram" => SocketKind.Datagram,
            _ => throw Bad(path, 1, "the type is neither stream, nor seqpacket, nor datagram"),
        };
    }

    /// <param name="path">For errors.</param>
    /// <param name="number">Of the line.</param>
    /// <param name="text">The line.</param>
    /// <param name="isTorn">The file ends in the middle of it.</param>
    private static RecordingLine Parse(string path, int number, ReadOnlySpan<byte> text, bool isTorn = false)
    {
        try
        {
            return JsonSerializer.Deserialize(text, RecordingJson.Default.RecordingLine) ?? throw Bad(path, number, "it is null");
        }
        catch (JsonException) when (isTorn)
        {
            throw new ToolException(
                $"{path}, line {number}: the file ends in the middle of this line",
                hint: $"'head -n {number - 1}' gives what is whole of it, which can be replayed.");
        }
        catch (JsonException error)
        {
            long column = (error.BytePositionInLine ?? 0) + 1;
            throw Bad(path, number, error.Path is { Length: > 1 } where
                ? $"\"{where[2..]}\" has a value that does not fit"
                : $"not JSON from column {column}: {Printable.Excerpt(text)}");
        }
    }

    private static ToolException Bad(string path, int line, string problem) => new($"{path}, line {line}: {problem}");
}
