using System.Text.Json.Serialization;

namespace Samehost.Tool.Recordings;

/// <summary>One line of a recording: the first says what it is, each of the others what happened. Absent is null.</summary>
internal sealed record RecordingLine
{
    public const string CurrentFormat = "recording 1";
    public const string Open = "open";
    public const string Data = "data";
    public const string End = "end";
    public const string Close = "close";
    public const string ToServer = "to-server";
    public const string ToClient = "to-client";

    /// <summary>On the first line: the format and its version.</summary>
    [JsonPropertyName("samehost")]
    public string? Format { get; init; }

    [JsonPropertyName("from")]
    public string? From { get; init; }

    [JsonPropertyName("to")]
    public string? To { get; init; }

    /// <summary>stream, datagram or seqpacket.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    /// <summary>When time 0 was.</summary>
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

    /// <summary>The kinds of the descriptors that came along.</summary>
    [JsonPropertyName("descriptors")]
    public string[]? Descriptors { get; init; }

    /// <summary>Who the client was.</summary>
    [JsonPropertyName("peer")]
    public string? Peer { get; init; }

    /// <summary>Why the connection was cut off, as the name of an errno.</summary>
    [JsonPropertyName("failure")]
    public string? Failure { get; init; }
}

/// <summary>Reads and writes lines without reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordingLine))]
internal sealed partial class RecordingJson : JsonSerializerContext;
