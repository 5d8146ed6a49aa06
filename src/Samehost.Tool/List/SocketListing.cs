using System.Globalization;
using System.IO.Enumeration;
using System.Net.Sockets;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>Reads the sockets, repeatedly with --watch, and formats them; caches user names between reads.</summary>
internal sealed class SocketListing
{
    /// <summary>The number of stale files of a directory that are listed one by one; more are listed as one row.</summary>
    private const int MaxStaleRows = 3;

    private readonly RowFilter _filter;
    private readonly bool _isBrief;

    /// <param name="filter">Which rows to show.</param>
    /// <param name="isBrief">Limit the number of stale files that are probed and shown, for readers.</param>
    public SocketListing(RowFilter filter, bool isBrief)
    {
        _filter = filter;
        _isBrief = isBrief && !filter.OnlyStale && filter.Pattern is null;
        Text = new RowFormatter(Users);
    }

    public UserNameCache Users { get; } = new();

    public RowFormatter Text { get; }

    /// <summary>The number of processes that the last read could not inspect.</summary>
    public int Hidden { get; private set; }

    /// <summary>Whether the last read found all stale files in the usual places.</summary>
    public bool HasAllStaleFiles { get; private set; } = true;

    /// <summary>The number of socket files that the last read could not probe.</summary>
    public int UnclearFiles { get; private set; }

    /// <summary>Whether the last read has rows that match by their file, and have another name.</summary>
    public bool HasOtherNames { get; private set; }

    public List<SocketRow> Read()
    {
        var table = UnixSocketTable.Read(withProcesses: !_filter.OnlyStale);
        Hidden = table.UnreadableProcesses;
        var stale = !_filter.WantsStaleFiles ? new([], IsComplete: true)
            : _isBrief ? StaleSocketFile.FindQuickly(table) : StaleSocketFile.Find(table);
        var files = FilePattern.Of(_filter.Pattern);
        var rows = SocketRowBuilder.Of(table, _filter.WantsStaleFiles ? AddStale(stale.Files, files) : stale.Files);
        HasAllStaleFiles = stale.IsComplete;
        UnclearFiles = stale.UnclearCount;
        _filter.Process?.Reset();
        rows.RemoveAll(row => !_filter.Matches(row, files));
        HasOtherNames = rows.Exists(row => !_filter.MatchesName(row));
        var bound = new BoundFileCheck();
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i] is { State: RowState.Listening or RowState.Bound, Server: { } socket } && bound.Of(socket) is not 0 and var state)
                rows[i] = rows[i] with { FileState = state };
        }
        return rows;
    }

    /// <summary>Formats a header and a line for each row; equal rows are one line, with their number behind the state.</summary>
    public List<string> Lines(IReadOnlyList<SocketRow> rows)
    {
        var cells = new List<string[]>(rows.Count + 1) { RowFormatter.Header };
        var crowded = _isBrief ? FindCrowded(rows) : [];
        foreach (var row in rows)
        {
            var directory = row.State == RowState.Stale ? DirectoryOf(row) : "";
            if (!crowded.TryGetValue(directory, out var count))
                cells.Add(Text.Of(row));
            else if (crowded[directory] > 0)
                cells.Add(RowFormatter.OfDirectory(directory));
            if (count > 0)
                crowded[directory] = 0; // listed once
        }
        return ColumnLayout.Align(Group(cells));
    }

    private static List<string[]> Group(List<string[]> cells)
    {
        var groups = new List<(string[] Cells, int Count)>(cells.Count);
        var places = new Dictionary<string, int>(cells.Count);
        foreach (var row in cells)
        {
            var key = string.Join('\n', row); // no cell contains a control character
            if (places.TryAdd(key, groups.Count))
                groups.Add((row, 1));
            else
                groups[places[key]] = (row, groups[places[key]].Count + 1);
        }
        foreach (var (row, count) in groups.Where(group => group.Count > 1))
            row[1] = string.Create(CultureInfo.InvariantCulture, $"{row[1]} ×{count}");
        return [.. groups.Select(group => group.Cells)];
    }

    /// <summary>Adds the stale files that a pattern means and that are in none of the usual places.</summary>
    private static List<StaleSocketFile> AddStale(IReadOnlyList<StaleSocketFile> found, FilePattern pattern)
    {
        var known = found.Select(file => file.EndPoint.ToString()).ToHashSet(StringComparer.Ordinal);
        return [.. found, .. pattern.Paths.Where(path => !known.Contains(path)).Select(StaleSocketFile.At).OfType<StaleSocketFile>()];
    }

    /// <summary>Gets the directories with more stale files than are listed one by one.</summary>
    private static Dictionary<string, int> FindCrowded(IReadOnlyList<SocketRow> rows) =>
        rows.Where(row => row.State == RowState.Stale).CountBy(DirectoryOf).Where(d => d.Value > MaxStaleRows).ToDictionary();

    private static string DirectoryOf(SocketRow row) => row.EndPoint.ToString() is var name ? name[..(name.LastIndexOf('/') + 1)] : "";
}

/// <summary>The filter of the rows.</summary>
internal sealed record RowFilter
{
    /// <summary>A substring of the name, or a pattern with * and ? for the whole name; or a path of the socket file.</summary>
    public string? Pattern { get; init; }

    public SocketType? Type { get; init; }

    public ProcessFilter? Process { get; init; }

    /// <summary>Only listeners and sockets that receive datagrams.</summary>
    public bool OnlyListening { get; init; }

    /// <summary>Only stale socket files.</summary>
    public bool OnlyStale { get; init; }

    /// <summary>Whether stale files can match: they have no type and no process.</summary>
    public bool WantsStaleFiles => Type is null && Process is null && !OnlyListening;

    public bool Matches(SocketRow row, FilePattern files) =>
        (Type is null || row.SocketType == Type)
        && (!OnlyStale || row.State == RowState.Stale)
        && (!OnlyListening || row.State is RowState.Listening || row is { State: RowState.Bound, SocketType: SocketType.Dgram })
        && (MatchesName(row) || files.Matches(row))
        && (Process is null || Process.Matches(row.Client) || Process.Matches(row.Server)
            || (row.State == RowState.Waiting && Process.Matches(row.Listener)));

    /// <summary>Whether a row matches the pattern by its name.</summary>
    public bool MatchesName(SocketRow row) => Pattern is null || (row.IsNamed && MatchesName(Pattern, row.EndPoint.ToString()));

    private static bool MatchesName(string pattern, string text) => pattern.AsSpan().ContainsAny('*', '?')
        ? FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false)
        : text.Contains(pattern, StringComparison.Ordinal);
}
