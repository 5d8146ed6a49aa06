using System.Globalization;
using System.Text;

namespace Samehost.Tool.Terminal;

/// <summary>Text from elsewhere (file names, answers) made harmless for a terminal, which would obey control characters in it.</summary>
internal static class Printable
{
    /// <summary>Control characters, and those that reorder or break a line, as the bytes or the code that they are.</summary>
    public static string Text(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (char c in text)
            safe.Append(IsHarmless(c) ? c.ToString() : c < 0x100 ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}");
        return safe.ToString();
    }

    /// <summary>The beginning of a line of bytes, in quotes.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        const int Most = 40;
        string text = Text(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, Most)]));
        return bytes.Length > Most ? $"\"{text}…\"" : $"\"{text}\"";
    }

    private static bool IsHarmless(char c) => char.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}

/// <summary>The name of a program, which the program chooses itself, so that it cannot pass for two: <c>sshd(1) root, x</c>.</summary>
internal static class ProcessName
{
    /// <summary>Between quotes where it has something in it that separates processes or columns.</summary>
    public static string Of(UnixSocketProcess process)
    {
        string name = process.Command;
        bool isPlain = !name.AsSpan().ContainsAny("(),\"") && !name.Contains("  ", StringComparison.Ordinal) && name.Trim() == name;
        return isPlain ? name
            : $"\"{name.Replace("\"", "\\x22", StringComparison.Ordinal).Replace("  ", " \\x20", StringComparison.Ordinal)}\"";
    }
}
