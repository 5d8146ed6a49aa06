using System.Text;
using Samehost.Programs.Interop;
using Samehost.Programs;
using Samehost.Tool.Tour;

namespace Samehost.Tool.Terminal;

/// <summary>Standard output, a whole line in each write; in colour only for a person at a terminal who did not decline it.</summary>
internal sealed class TerminalWriter
{
    private const int Width = 80;

    private readonly bool _isColored = !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "" or null);

    /// <summary>Writes text as it is.</summary>
    /// <exception cref="OutputException">Standard output cannot be written.</exception>
    public static void Write(string text)
    {
        int result = StandardDescriptors.Write(StandardDescriptors.Output, Encoding.UTF8.GetBytes(text));
        if (result < 0)
            throw new OutputException((Errno)(-result));
    }

    /// <summary>Prints one line on standard error; when that is gone as well there is nobody to tell.</summary>
    public static void WriteError(string text) => ErrorLine("samehost: ", text);

    /// <summary>Prints below an error what to look at or to do.</summary>
    public static void WriteHint(string text) => ErrorLine("hint: ", text);

    /// <summary>Writes over the line that the cursor is on, on standard error: for a person who watches.</summary>
    public static void WriteProgress(string text) =>
        _ = StandardDescriptors.Write(StandardDescriptors.Error, Encoding.UTF8.GetBytes($"\r\e[K{text}"));

    private static void ErrorLine(string label, string text)
    {
        byte[] line = Encoding.UTF8.GetBytes($"{label}{Printable.Text(text.ReplaceLineEndings(" "))}\n");
        _ = StandardDescriptors.Write(StandardDescriptors.Error, line);
    }

    public static void WriteLine(string text = "") => Write(text + "\n");

    public void WriteHeading(string text) => WriteLine("\n" + Colorize(Color.Bold, text));

    public void WriteSubheading(string text) => WriteLine("\n  " + Colorize(Color.Bold, text));

    /// <summary>What a user would type in a shell, and what to know about it.</summary>
    public void WriteShellCommand(string command, string remark = "") =>
        WriteLine("  " + Colorize(Color.Dim, "$ ") + command + (remark.Length == 0 ? "" : Colorize(Color.Dim, $"    {remark}")));

    /// <summary>A line that somebody said.</summary>
    public void WriteLabeled(LineLabel speaker, string text) => WriteLine($"  {Colorize(speaker.Color, $"{speaker.Name,-6} │")} {text}");

    /// <summary>A paragraph, indented by two and broken between words.</summary>
    public static void WriteParagraph(string text)
    {
        foreach (string line in Wrap(text, 2))
            WriteLine("  " + line);
    }

    /// <summary>Breaks a text between words, so that its lines fit behind an indent.</summary>
    public static IEnumerable<string> Wrap(string text, int indent)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width - indent)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        yield return line.ToString();
    }

    /// <summary>The text in a colour, where colours are wanted.</summary>
    public string Colorize(Color color, string text) => _isColored ? $"\e[{(int)color}m{text}\e[0m" : text;
}

/// <summary>The terminal's own colours, by the number in their escape sequence, so that the user's theme decides.</summary>
internal enum Color
{
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Magenta = 35,
    Cyan = 36,
}

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
