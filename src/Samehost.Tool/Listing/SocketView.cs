using Samehost.Tool.Output;

namespace Samehost.Tool.Listing;

/// <summary>Looks at the sockets, as often as asked, and keeps what is worth keeping between two looks.</summary>
internal sealed class SocketView
{
    /// <summary>A directory with more stale files than this gets one row for all of them.</summary>
    private const int MostStaleRows = 3;

    private readonly RowFilter _filter;
    private readonly bool _isBrief;

    /// <param name="filter">What to show.</param>
    /// <param name="isBrief">For people: where killed programs left very many files, not each is asked and shown.</param>
    public SocketView(RowFilter filter, bool isBrief)
    {
        _filter = filter;
        _isBrief = isBrief && !filter.OnlyStale && filter.Pattern is null;
        Text = new RowText(Users);
    }

    public UserNames Users { get; } = new();

    public RowText Text { get; }

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
        List<SocketRow> rows = SocketRows.Of(table, stale.Files);
        HasAllStaleFiles = stale.IsComplete;
        rows.RemoveAll(row => !_filter.Takes(row));
        return rows;
    }

    /// <summary>A header and a line for each row.</summary>
    public List<string> Lines(IReadOnlyList<SocketRow> rows)
    {
        var cells = new List<string[]>(rows.Count + 1) { RowText.Header };
        Dictionary<string, int> crowded = _isBrief ? Crowded(rows) : [];
        foreach (SocketRow row in rows)
        {
            string directory = row.State == RowState.Stale ? DirectoryOf(row) : "";
            if (!crowded.TryGetValue(directory, out int count))
                cells.Add(Text.Of(row));
            else if (crowded[directory] > 0)
                cells.Add(RowText.OfMany(directory));
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
