using System.Text;
using System.Text.Json;

namespace Samehost.Tool.Listing;

/// <summary>All rows as one JSON array, a row a line.</summary>
internal static class RowJson
{
    public static string Write(IReadOnlyList<SocketRow> rows, UserNames users)
    {
        var text = new StringBuilder("[");
        foreach (SocketRow row in rows)
            text.Append(text.Length == 1 ? "\n" : ",\n").Append(JsonSerializer.Serialize(Of(row, users), ListJson.Default.JsonRow));
        return text.Append("\n]\n").ToString();
    }

    private static JsonRow Of(SocketRow row, UserNames users)
    {
        bool counts = row.State is RowState.Listening or RowState.Bound;
        return new JsonRow
        {
            Type = row.Kind?.ToString().ToLowerInvariant(),
            State = RowText.StateWord(row.State),
            Name = NameOf(row.EndPoint),
            NameHex = HexOf(row.EndPoint),
            Connected = counts ? row.Connected : null,
            Waiting = row.State == RowState.Listening ? row.Server!.Pending : null,
            Backlog = row.State == RowState.Listening ? row.Server!.Backlog : null,
            Client = row.Client is { } client ? End(client, users) : null,
            Server = row.Server is { } server ? End(server, users) : null,
            Listener = row.Listener?.Inode,
            FileOwner = row.File?.UserId,
        };
    }

    private static JsonEnd End(UnixSocketEntry socket, UserNames users)
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

    /// <summary>The exact bytes, where the name as text is not certainly the same.</summary>
    private static string? HexOf(UnixEndPoint endPoint)
    {
        ReadOnlySpan<byte> bytes = endPoint.NameBytes.Span;
        string text = endPoint.ToString();
        bool isPlain = endPoint.Kind == UnixEndPointKind.Unnamed || !text.Contains('\\', StringComparison.Ordinal);
        return isPlain ? null : Convert.ToHexStringLower(bytes);
    }
}
