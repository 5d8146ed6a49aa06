using System.Globalization;
using System.Text;

namespace Samehost.Tool.Terminal;

/// <summary>Escapes text of other programs (file names, answers) for a terminal, which would interpret control characters in it.</summary>
internal static class Printable
{
    /// <summary>Escapes control characters, and characters that reorder or break a line, as their bytes (<c>\xNN</c>).</summary>
    public static string Text(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (char c in text)
            safe.Append(IsHarmless(c) ? c.ToString() : c < 0x100 ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}");
        return safe.ToString();
    }

    /// <summary>Formats the first bytes of a message, escaped and in quotes.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        const int Most = 40;
        string text = Text(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, Most)]));
        return bytes.Length > Most ? $"\"{text}…\"" : $"\"{text}\"";
    }

    private static bool IsHarmless(char c) => char.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}

/// <summary>Formats the name of a process. The process chooses the name itself and must not pass for two: <c>sshd(1) root, x</c>.</summary>
internal static class ProcessName
{
    /// <summary>Quotes a name that contains a separator of processes or columns.</summary>
    public static string Of(UnixSocketProcess process)
    {
        string name = process.Command;
        bool isPlain = !name.AsSpan().ContainsAny("(),\"") && !name.Contains("  ", StringComparison.Ordinal) && name.Trim() == name;
        return isPlain ? name
            : $"\"{name.Replace("\"", "\\x22", StringComparison.Ordinal).Replace("  ", " \\x20", StringComparison.Ordinal)}\"";
    }
}
