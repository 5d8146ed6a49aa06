using System.Text;
using Samehost.Inspection;
using Samehost.Programs;
using Samehost.Programs.Interop;
using Samehost.Tool.Tour;

namespace Samehost.Tool.Terminal;

/// <summary>
/// Writes to standard output and standard error, a whole line in each call; colored only on a terminal, and not with NO_COLOR.
/// </summary>
internal sealed class TerminalWriter
{
    private const int Width = 80;

    private readonly bool _isColored = !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "" or null);

    /// <summary>Writes text without change.</summary>
    /// <exception cref="OutputException">Writing to standard output failed.</exception>
    public static void Write(string text)
    {
        var result = StandardDescriptors.Write(StandardDescriptors.Output, Encoding.UTF8.GetBytes(text));
        if (result < 0)
            throw new OutputException((Errno)(-result));
    }

    /// <summary>Writes one line to standard error; failures are ignored.</summary>
    public static void WriteError(string text) => ErrorLine("samehost: ", text);

    /// <summary>Writes the hint that follows an error.</summary>
    public static void WriteHint(string text) => ErrorLine("hint: ", text);

    /// <summary>Overwrites the current line of standard error, to show progress on a terminal.</summary>
    public static void WriteProgress(string text) =>
        _ = StandardDescriptors.Write(StandardDescriptors.Error, Encoding.UTF8.GetBytes($"\r\e[K{text}"));

    private static void ErrorLine(string label, string text)
    {
        var line = Encoding.UTF8.GetBytes($"{label}{PrintableText.Of(text.ReplaceLineEndings(" "))}\n");
        _ = StandardDescriptors.Write(StandardDescriptors.Error, line);
    }

    public static void WriteLine(string text = "") => Write(text + "\n");

    public void WriteHeading(string text) => WriteLine("\n" + Colorize(Color.Bold, text));

    public void WriteSubheading(string text) => WriteLine("\n  " + Colorize(Color.Bold, text));

    /// <summary>Writes a shell command, and a remark about it.</summary>
    public void WriteShellCommand(string command, string remark = "") =>
        WriteLine("  " + Colorize(Color.Dim, "$ ") + command + (remark.Length == 0 ? "" : Colorize(Color.Dim, $"    {remark}")));

    /// <summary>Writes a line with a colored label.</summary>
    public void WriteLabeled(LineLabel speaker, string text) => WriteLine($"  {Colorize(speaker.Color, $"{speaker.Name,-6} │")} {text}");

    /// <summary>Writes a paragraph, indented by two columns and wrapped.</summary>
    public static void WriteParagraph(string text)
    {
        foreach (var line in Wrap(text, 2))
            WriteLine("  " + line);
    }

    /// <summary>Wraps a text between words to fit behind an indent.</summary>
    public static IEnumerable<string> Wrap(string text, int indent)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
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

    /// <summary>Colors the text if colors are enabled.</summary>
    public string Colorize(Color color, string text) => _isColored ? $"\e[{(int)color}m{text}\e[0m" : text;
}

/// <summary>The terminal's own colors, by the number in their escape sequence, so that the user's theme applies.</summary>
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
/// Aligns rows in columns as wide as their content, one line a row: never wrapped, so that line tools can read them, and never cut.
/// </summary>
internal static class ColumnLayout
{
    private const string Gap = "  ";

    public static List<string> Align(IReadOnlyList<string[]> rows)
    {
        var lines = new List<string>(rows.Count);
        if (rows.Count == 0)
            return lines;
        var widths = new int[rows[0].Length];
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length; column++)
                widths[column] = Math.Max(widths[column], row[column].Length);
        }
        var line = new StringBuilder();
        foreach (var row in rows)
        {
            line.Clear();
            for (var column = 0; column < row.Length - 1; column++)
                line.Append(row[column]).Append(' ', widths[column] - row[column].Length).Append(Gap);
            lines.Add(line.Append(row[^1]).ToString());
        }
        return lines;
    }
}
