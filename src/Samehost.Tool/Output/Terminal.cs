using System.Text;
using Samehost.Programs;
using Samehost.Programs.Interop;

namespace Samehost.Tool.Output;

/// <summary>Standard output, a whole line in each write; in colour only for a person at a terminal who did not decline it.</summary>
internal sealed class Terminal
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
    public static void Error(string text) => ErrorLine("samehost: ", text);

    /// <summary>Prints below an error what to look at or to do.</summary>
    public static void Hint(string text) => ErrorLine("hint: ", text);

    /// <summary>Writes over the line that the cursor is on, on standard error: for a person who watches.</summary>
    public static void Progress(string text) =>
        _ = StandardDescriptors.Write(StandardDescriptors.Error, Encoding.UTF8.GetBytes($"\r\e[K{text}"));

    private static void ErrorLine(string label, string text)
    {
        byte[] line = Encoding.UTF8.GetBytes($"{label}{Printable.Text(text.ReplaceLineEndings(" "))}\n");
        _ = StandardDescriptors.Write(StandardDescriptors.Error, line);
    }

    public static void Line(string text = "") => Write(text + "\n");

    public void Heading(string text) => Line("\n" + Paint(Color.Bold, text));

    public void Subheading(string text) => Line("\n  " + Paint(Color.Bold, text));

    /// <summary>What a user would type in a shell, and what to know about it.</summary>
    public void Shell(string command, string remark = "") =>
        Line("  " + Paint(Color.Dim, "$ ") + command + (remark.Length == 0 ? "" : Paint(Color.Dim, $"    {remark}")));

    /// <summary>A line that somebody said.</summary>
    public void Said(Speaker speaker, string text) => Line($"  {Paint(speaker.Color, $"{speaker.Name,-6} │")} {text}");

    /// <summary>A paragraph, indented by two and broken between words.</summary>
    public static void Paragraph(string text)
    {
        foreach (string line in Wrap(text, 2))
            Line("  " + line);
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
    public string Paint(Color color, string text) => _isColored ? $"\e[{(int)color}m{text}\e[0m" : text;
}
