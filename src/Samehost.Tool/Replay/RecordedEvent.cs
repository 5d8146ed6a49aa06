using System.Text.Json.Serialization;
using Samehost.Inspection;
using Samehost.Tool.Relay;

namespace Samehost.Tool.Replay;

/// <summary>An event of a recorded connection.</summary>
internal sealed record RecordedEvent(
    int Line, double Time, int Connection, string Event, Direction Direction, byte[] Bytes, int Descriptors)
{
    /// <param name="line">The line of the file.</param>
    /// <param name="number">The number of the line.</param>
    /// <param name="open">Whether each connection is open; updated by this call.</param>
    /// <returns>The event, or an error message.</returns>
    public static (RecordedEvent? Event, string? Problem) From(RecordingLine line, int number, Dictionary<int, bool> open)
    {
        if (line.Event is null)
            return (null, "there is no event");
        if (line.Connection is not (> 0 and var connection))
            return (null, "there is no number of a connection");
        if (line.Time is not (>= 0 and var time))
            return (null, "there is no time");
        var known = open.TryGetValue(connection, out var isOpen);
        if (line.Event == RecordingLine.Open ? known : !isOpen)
            return (null, $"connection {connection} {(!known ? "was never opened" : isOpen ? "is open already" : "was closed before")}");

        Direction? direction = line.Direction switch
        {
            RecordingLine.ToServer => Direction.ToServer,
            RecordingLine.ToClient => Direction.ToClient,
            _ => null,
        };
        switch (line.Event)
        {
            case RecordingLine.Open or RecordingLine.Close:
                open[connection] = line.Event == RecordingLine.Open;
                break;
            case RecordingLine.Data or RecordingLine.End when direction is null:
                return (null, $"the direction is neither {RecordingLine.ToServer} nor {RecordingLine.ToClient}");
            case RecordingLine.Data when line.Bytes is null:
                return (null, "there are no bytes");
            case RecordingLine.Data or RecordingLine.End:
                break;
            default:
                return (null, $"\"{PrintableText.Of(line.Event)}\" is not an event");
        }
        return (new RecordedEvent(
            number, time, connection, line.Event, direction ?? default, line.Bytes ?? [], line.Descriptors?.Length ?? 0), null);
    }
}

/// <summary>A line of a recording: the first describes it, each of the others is an event. Absent values are null.</summary>
internal sealed record RecordingLine
{
    public const string CurrentFormat = "recording 1";
    public const string Open = "open";
    public const string Data = "data";
    public const string End = "end";
    public const string Close = "close";
    public const string ToServer = "to-server";
    public const string ToClient = "to-client";

    /// <summary>The format and its version, on the first line.</summary>
    [JsonPropertyName("samehost")]
    public string? Format { get; init; }

    [JsonPropertyName("from")]
    public string? From { get; init; }

    [JsonPropertyName("to")]
    public string? To { get; init; }

    /// <summary>stream, datagram or seqpacket.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    /// <summary>The time of the start.</summary>
    [JsonPropertyName("started")]
    public DateTimeOffset? Started { get; init; }

    /// <summary>Seconds since the start.</summary>
    [JsonPropertyName("time")]
    public double? Time { get; init; }

    /// <summary>The number of the connection, from 1.</summary>
    [JsonPropertyName("connection")]
    public int? Connection { get; init; }

    [JsonPropertyName("event")]
    public string? Event { get; init; }

    [JsonPropertyName("direction")]
    public string? Direction { get; init; }

    /// <summary>A record, or a piece of a stream; base64 in the file.</summary>
    [JsonPropertyName("bytes")]
    public byte[]? Bytes { get; init; }

    /// <summary>The kinds of the attached descriptors.</summary>
    [JsonPropertyName("descriptors")]
    public string[]? Descriptors { get; init; }

    /// <summary>A description of the client.</summary>
    [JsonPropertyName("peer")]
    public string? Peer { get; init; }

    /// <summary>The name of the errno that ended the connection.</summary>
    [JsonPropertyName("failure")]
    public string? Failure { get; init; }
}

/// <summary>The serialization of the lines.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordingLine))]
internal sealed partial class RecordingJson : JsonSerializerContext;
