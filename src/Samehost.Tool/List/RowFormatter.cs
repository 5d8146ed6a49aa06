using System.Globalization;
using System.Text;
using Samehost.Inspection;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>Formats a row as the cells of a table.</summary>
internal sealed class RowFormatter(UserNameCache users)
{
    /// <summary>The number of processes that are listed; more are only counted.</summary>
    private const int MaxProcesses = 3;

    public static readonly string[] Header = ["TYPE", "STATE", "QUEUES", "CLIENT", "SERVER", "NAME"];

    private readonly StringBuilder _text = new();

    public string[] Of(SocketRow row) =>
    [
        row.SocketType is { } type ? type.ToName() : "-",
        FormatState(row.State) + row.FileState switch
        {
            BoundFileState.Missing => " (no file)",
            BoundFileState.Replaced => " (another file)",
            _ => "",
        },
        Queues(row),
        Client(row),
        Server(row),
        row.IsNamed ? row.EndPoint.ToString() : "-",
    ];

    /// <summary>Formats one row for the stale files of a directory that has many.</summary>
    public static string[] OfDirectory(string directory) => ["-", FormatState(RowState.Stale), "-", "-", "(none; many files)", directory];

    public static string FormatState(RowState state) => state == RowState.HungUp ? "hung-up" : state.ToString().ToLowerInvariant();

    private static string Queues(SocketRow row)
    {
        if (row is { State: RowState.Listening, Server: { } listener })
            return string.Create(CultureInfo.InvariantCulture, $"{listener.Pending}/{listener.Backlog}");
        if (row.State == RowState.Stale)
            return "-";
        var (atServer, atClient) = (row.Server?.ReceiveQueue ?? 0, row.Client?.ReceiveQueue ?? 0);
        if (row.Client is null || row.Server is null)
            return (atServer + atClient).ToString(CultureInfo.InvariantCulture);
        return atServer + atClient == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"→{atServer} ←{atClient}");
    }

    private string Client(SocketRow row) => row switch
    {
        { Client: { } client } => Processes(client),
        { State: RowState.HungUp } => "(closed)",
        { State: RowState.Listening, Server.Pending: > 0 and var waiting } => $"{row.Connected} connected, {waiting} waiting",
        { State: RowState.Listening or RowState.Bound } => row.Connected == 0 ? "-" : $"{row.Connected} connected",
        _ => "-",
    };

    private string Server(SocketRow row) => row switch
    {
        { Server: { } server } => Processes(server),
        { State: RowState.HungUp } => "(closed)",
        { State: RowState.Waiting, Listener: { } listener } => Processes(listener),
        { File: { } file } => $"(none; file of {users.Of(file)})",
        { IsPeerInOtherNamespace: true } => "(another namespace)",
        _ => "-",
    };

    /// <summary>
    /// Formats the processes of a socket: <c>nginx(12,13) www, sshd(14) root</c>; if none is visible, the user who created the socket.
    /// </summary>
    public string Processes(UnixSocketEntry socket)
    {
        _text.Clear();
        if (socket.Processes.Count == 0)
            return users.Of(socket) is { } user ? $"? {user}" : "?";
        var shown = 0;
        UnixSocketProcess? before = null;
        foreach (var holder in socket.Processes)
        {
            if (shown++ == MaxProcesses)
                break;
            if (before is not null && before.UserId == holder.UserId && before.CommandBytes.Span.SequenceEqual(holder.CommandBytes.Span))
            {
                _text.Append(CultureInfo.InvariantCulture, $",{holder.ProcessId}");
                continue;
            }
            if (before is not null)
                Close(before).Append(", ");
            _text.Append(CultureInfo.InvariantCulture, $"{QuotedText.ProcessName(holder)}({holder.ProcessId}");
            before = holder;
        }
        if (socket.Processes.Count > MaxProcesses)
            _text.Append(CultureInfo.InvariantCulture, $",+{socket.Processes.Count - MaxProcesses}");
        return Close(before!).ToString();
    }

    private StringBuilder Close(UnixSocketProcess holder) =>
        users.Of(holder) is { } user ? _text.Append(") ").Append(user) : _text.Append(')');
}

/// <summary>Caches user names; the number where the system has no name, null where the kernel does not report the user.</summary>
internal sealed class UserNameCache
{
    private readonly Dictionary<uint, string> _names = [];

    public string? Of(UnixSocketEntry socket) => Find(socket.UserId) ?? Add(socket.UserId, socket.UserName);

    public string? Of(UnixSocketProcess holder) => Find(holder.UserId) ?? Add(holder.UserId, holder.UserName);

    public string Of(StaleSocketFile file) => Find(file.UserId) ?? Add(file.UserId, file.UserName)!;

    private string? Find(uint? user) => user is { } id ? _names.GetValueOrDefault(id) : null;

    private string? Add(uint? user, string? name)
    {
        if (user is not { } id)
            return null;
        return _names[id] = name is null ? id.ToString(CultureInfo.InvariantCulture) : PrintableText.Of(name);
    }
}
