using System.Text;

namespace Samehost.Tool.Output;

/// <summary>
/// Rows in columns, one line each, as wide as what is in them: never broken, so that line tools can read them, and never cut.
/// </summary>
internal static class Columns
{
    private const string Gap = "  ";

    public static List<string> Align(IReadOnlyList<string[]> rows)
    {
        var lines = new List<string>(rows.Count);
        if (rows.Count == 0)
            return lines;
        int[] widths = new int[rows[0].Length];
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
                widths[column] = Math.Max(widths[column], row[column].Length);
        }
        var line = new StringBuilder();
        foreach (string[] row in rows)
        {
            line.Clear();
            for (int column = 0; column < row.Length - 1; column++)
                line.Append(row[column]).Append(' ', widths[column] - row[column].Length).Append(Gap);
            lines.Add(line.Append(row[^1]).ToString());
        }
        return lines;
    }
}
