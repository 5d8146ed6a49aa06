using System.Net.Sockets;
using System.IO.Enumeration;
using Samehost.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>Looks at the sockets, as often as asked, and keeps what is worth keeping between two looks.</summary>
internal sealed class SocketListing
{
    /// <summary>A directory with more stale files than this gets one row for all of them.</summary>
    private const int MostStaleRows = 3;

    private readonly RowFilter _filter;
    private readonly bool _isBrief;

    /// <param name="filter">What to show.</param>
    /// <param name="isBrief">For people: where killed programs left very many files, not each is asked and shown.</param>
    public SocketListing(RowFilter filter, bool isBrief)
    {
        _filter = filter;
        _isBrief = isBrief && !filter.OnlyStale && filter.Pattern is null;
        Text = new RowFormatter(Users);
    }

    public UserNameCache Users { get; } = new();

    public RowFormatter Text { get; }

    /// <summary>How many processes could not be looked into at the last look.</summary>
    public int Hidden { get; private set; }

    /// <summary>Whether the last look found all stale files that there are in the usual places.</summary>
    public bool HasAllStaleFiles { get; private set; } = true;

    public List<SocketRow> Read()
    {
        UnixSocketTable table = UnixSocketTable.Read(withProcesses: !_filter.OnlyStale);
        Hidden = table.UnreadableProcesses;
        StaleSocketFileResult stale = !_filter.WantsStaleFiles ? new([], IsComplete: true)
            : _isBrief ? StaleSocketFile.FindQuickly(table) : StaleSocketFile.Find(table);
        List<SocketRow> rows = SocketRowBuilder.Of(table, stale.Files);
        HasAllStaleFiles = stale.IsComplete;
        rows.RemoveAll(row => !_filter.Takes(row));
        return rows;
    }

    /// <summary>A header and a line for each row.</summary>
    public List<string> Lines(IReadOnlyList<SocketRow> rows)
    {
        var cells = new List<string[]>(rows.Count + 1) { RowFormatter.Header };
        Dictionary<string, int> crowded = _isBrief ? Crowded(rows) : [];
        foreach (SocketRow row in rows)
        {
            string directory = row.State == RowState.Stale ? DirectoryOf(row) : "";
            if (!crowded.TryGetValue(directory, out int count))
                cells.Add(Text.Of(row));
            else if (crowded[directory] > 0)
                cells.Add(RowFormatter.OfMany(directory));
            if (count > 0)
                crowded[directory] = 0; // told once
        }
        return Columns.Align(cells);
    }

    /// <summary>The directories with more stale files than are shown one by one.</summary>
    private static Dictionary<string, int> Crowded(IReadOnlyList<SocketRow> rows) =>
        rows.Where(row => row.State == RowState.Stale).CountBy(DirectoryOf).Where(d => d.Value > MostStaleRows).ToDictionary();

    private static string DirectoryOf(SocketRow row) => row.EndPoint.ToString() is var name ? name[..(name.LastIndexOf('/') + 1)] : "";
}

/// <summary>Which rows the user wants to see.</summary>
internal sealed record RowFilter
{
    /// <summary>A part of the name, or all of it with * and ?.</summary>
    public string? Pattern { get; init; }

    public SocketType? Kind { get; init; }

    /// <summary>A process number, or a program's name with * and ?.</summary>
    public string? Process { get; init; }

    /// <summary>Only what can be reached: listeners and sockets that receive datagrams.</summary>
    public bool OnlyListening { get; init; }

    /// <summary>Only files without a socket.</summary>
    public bool OnlyStale { get; init; }

    /// <summary>A file without a socket has no type and no process.</summary>
    public bool WantsStaleFiles => Kind is null && Process is null && !OnlyListening;

    public bool Takes(SocketRow row) =>
        (Kind is null || row.Kind == Kind)
        && (!OnlyStale || row.State == RowState.Stale)
        && (!OnlyListening || row.State is RowState.Listening || row is { State: RowState.Bound, Kind: SocketType.Dgram })
        && (Pattern is null || (row.IsNamed && Matches(Pattern, row.EndPoint.ToString())))
        && (Process is null || Has(row.Client, Process) || Has(row.Server, Process)
            || (row.State == RowState.Waiting && Has(row.Listener, Process)));

    private static bool Matches(string pattern, string text) => pattern.AsSpan().ContainsAny('*', '?')
        ? FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false)
        : text.Contains(pattern, StringComparison.Ordinal);

    private static bool Has(UnixSocketEntry? socket, string process) =>
        socket is not null && socket.Processes.Any(holder => Is(holder, process));

    private static bool Is(UnixSocketProcess holder, string process) =>
        Numbers.TryParse(process, out int number)
            ? holder.ProcessId == number
            : FileSystemName.MatchesSimpleExpression(process, holder.Command, ignoreCase: false);
}
