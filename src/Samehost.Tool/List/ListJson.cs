using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Samehost.Tool.Cli;

namespace Samehost.Tool.List;

/// <summary>Formats the rows as one JSON array, a row a line.</summary>
internal static class ListJson
{
    public static string Write(IReadOnlyList<SocketRow> rows, UserNameCache users)
    {
        var text = new StringBuilder("[");
        foreach (var row in rows)
            text.Append(text.Length == 1 ? "\n" : ",\n").Append(JsonSerializer.Serialize(Of(row, users), ListJsonContext.Default.JsonRow));
        return text.Append("\n]\n").ToString();
    }

    private static JsonRow Of(SocketRow row, UserNameCache users)
    {
        var counts = row.State is RowState.Listening or RowState.Bound;
        return new JsonRow
        {
            Type = row.SocketType?.ToName(),
            State = RowFormatter.FormatState(row.State),
            Name = NameOf(row.EndPoint),
            NameHex = HexOf(row.EndPoint),
            Connected = counts ? row.Connected : null,
            Waiting = row.State == RowState.Listening ? row.Server!.Pending : null,
            Backlog = row.State == RowState.Listening ? row.Server!.Backlog : null,
            Client = row.Client is { } client ? End(client, users) : null,
            Server = row.Server is { } server ? End(server, users) : null,
            Listener = row.Listener?.Inode,
            FileState = row.FileState == BoundFileState.Unknown ? null : row.FileState.ToString().ToLowerInvariant(),
            FileOwner = row.File?.UserId,
        };
    }

    private static JsonEnd End(UnixSocketEntry socket, UserNameCache users)
    {
        JsonProcess[] processes =
        [
            .. socket.Processes.Select(h => new JsonProcess(
                h.ProcessId, h.Command, h.UserId, users.Of(h), h.Descriptors)),
        ];
        var end = new JsonEnd(socket.Inode, socket.UserId, users.Of(socket), NameOf(socket.LocalEndPoint),
            socket.File?.Inode, processes);
        return socket.State == UnixSocketState.Listening ? end : end with
        {
            ReceiveQueue = socket.ReceiveQueue,
            SendQueue = socket.SendQueue,
            SendBuffer = socket.SendBufferSize,
            ReceivingEnded = socket.IsReceivingEnded,
            SendingEnded = socket.IsSendingEnded,
        };
    }

    private static string? NameOf(UnixEndPoint endPoint) => endPoint.Kind == UnixEndPointKind.Unnamed ? null : endPoint.ToString();

    /// <summary>Gets the exact bytes of a name whose text form is escaped; null for other names.</summary>
    private static string? HexOf(UnixEndPoint endPoint)
    {
        var bytes = endPoint.NameBytes.Span;
        var text = endPoint.ToString();
        var isPlain = endPoint.Kind == UnixEndPointKind.Unnamed || !text.Contains('\\', StringComparison.Ordinal);
        return isPlain ? null : Convert.ToHexStringLower(bytes);
    }
}

/// <summary>A row of the JSON output; docs/tool/list.md documents its members.</summary>
internal sealed record JsonRow
{
    public string? Type { get; init; }

    public required string State { get; init; }

    public string? Name { get; init; }

    public string? NameHex { get; init; }

    public int? Connected { get; init; }

    public int? Waiting { get; init; }

    public int? Backlog { get; init; }

    public JsonEnd? Client { get; init; }

    public JsonEnd? Server { get; init; }

    public uint? Listener { get; init; }

    public string? FileState { get; init; }

    public uint? FileOwner { get; init; }
}

/// <summary>A socket of a row.</summary>
internal sealed record JsonEnd(uint Inode, uint? Uid, string? User, string? Name, uint? FileInode, JsonProcess[] Processes)
{
    public long? ReceiveQueue { get; init; }

    public long? SendQueue { get; init; }

    public long? SendBuffer { get; init; }

    public bool? ReceivingEnded { get; init; }

    public bool? SendingEnded { get; init; }
}

/// <summary>A process that has the socket open.</summary>
internal sealed record JsonProcess(int Pid, string Command, uint? Uid, string? User, IReadOnlyList<int> Descriptors);

/// <summary>The serialization of the rows.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonRow))]
internal sealed partial class ListJsonContext : JsonSerializerContext;
