using System.Globalization;
using System.Text;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>A row as words in columns.</summary>
internal sealed class RowFormatter(UserNameCache users)
{
    /// <summary>More processes than this are counted.</summary>
    private const int MostProcesses = 3;

    public static readonly string[] Header = ["TYPE", "STATE", "QUEUES", "CLIENT", "SERVER", "NAME"];

    private readonly StringBuilder _text = new();

    public string[] Of(SocketRow row) =>
    [
        row.Kind is { } kind ? kind.ToString().ToLowerInvariant() : "-",
        StateWord(row.State),
        Queues(row),
        Client(row),
        Server(row),
        row.IsNamed ? row.EndPoint.ToString() : "-",
    ];

    /// <summary>A row for the stale files of a directory that has many.</summary>
    public static string[] OfMany(string directory) => ["-", StateWord(RowState.Stale), "-", "-", "(none; many files)", directory];

    public static string StateWord(RowState state) => state == RowState.HungUp ? "hung-up" : state.ToString().ToLowerInvariant();

    private static string Queues(SocketRow row)
    {
        if (row is { State: RowState.Listening, Server: { } listener })
            return string.Create(CultureInfo.InvariantCulture, $"{listener.Pending}/{listener.Backlog}");
        if (row.State == RowState.Stale)
            return "-";
        (long atServer, long atClient) = (row.Server?.ReceiveQueue ?? 0, row.Client?.ReceiveQueue ?? 0);
        if (row.Client is null || row.Server is null)
            return (atServer + atClient).ToString(CultureInfo.InvariantCulture);
        return atServer + atClient == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"→{atServer} ←{atClient}");
    }

    private string Client(SocketRow row) => row switch
    {
        { Client: { } client } => Processes(client),
        { State: RowState.HungUp } => "(gone)",
        { State: RowState.Listening, Server.Pending: > 0 and var waiting } => $"{row.Connected} connected, {waiting} waiting",
        { State: RowState.Listening or RowState.Bound } => row.Connected == 0 ? "-" : $"{row.Connected} connected",
        _ => "-",
    };

    private string Server(SocketRow row) => row switch
    {
        { Server: { } server } => Processes(server),
        { State: RowState.HungUp } => "(gone)",
        { State: RowState.Waiting, Listener: { } listener } => Processes(listener),
        { File: { } file } => $"(none; file of {users.Of(file)})",
        { PeerIsElsewhere: true } => "(another namespace)",
        _ => "-",
    };

    /// <summary><c>nginx(12,13) www, sshd(14) root</c>; without any that we may see, the user who made the socket.</summary>
    public string Processes(UnixSocketEntry socket)
    {
        _text.Clear();
        if (socket.Processes.Count == 0)
            return users.Of(socket) is { } user ? $"? {user}" : "?";
        int shown = 0;
        UnixSocketProcess? before = null;
        foreach (UnixSocketProcess holder in socket.Processes)
        {
            if (shown++ == MostProcesses)
                break;
            if (before is not null && before.UserId == holder.UserId && before.CommandBytes.Span.SequenceEqual(holder.CommandBytes.Span))
            {
                _text.Append(CultureInfo.InvariantCulture, $",{holder.ProcessId}");
                continue;
            }
            if (before is not null)
                Close(before).Append(", ");
            _text.Append(CultureInfo.InvariantCulture, $"{ProcessName.Of(holder)}({holder.ProcessId}");
            before = holder;
        }
        if (socket.Processes.Count > MostProcesses)
            _text.Append(CultureInfo.InvariantCulture, $",+{socket.Processes.Count - MostProcesses}");
        return Close(before!).ToString();
    }

    private StringBuilder Close(UnixSocketProcess holder) =>
        users.Of(holder) is { } user ? _text.Append(") ").Append(user) : _text.Append(')');
}

/// <summary>Users by name, each looked up once; by number where the system knows no name. Null where the kernel does not tell.</summary>
internal sealed class UserNameCache
{
    private readonly Dictionary<uint, string> _names = [];

    public string? Of(UnixSocketEntry socket) => Known(socket.UserId) ?? Keep(socket.UserId, socket.UserName);

    public string? Of(UnixSocketProcess holder) => Known(holder.UserId) ?? Keep(holder.UserId, holder.UserName);

    public string Of(StaleSocketFile file) => Known(file.UserId) ?? Keep(file.UserId, file.UserName)!;

    private string? Known(uint? user) => user is { } id ? _names.GetValueOrDefault(id) : null;

    private string? Keep(uint? user, string? name)
    {
        if (user is not { } id)
            return null;
        return _names[id] = name is null ? id.ToString(CultureInfo.InvariantCulture) : Printable.Text(name);
    }
}
