using System.Text;

namespace Samehost.Tool.Output;

/// <summary>Text from elsewhere (file names, answers) made harmless for a terminal, which would obey control characters in it.</summary>
internal static class Printable
{
    public static string Text(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (char c in text)
            safe.Append(char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString());
        return safe.ToString();
    }

    /// <summary>The beginning of a line of bytes, in quotes.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        const int Most = 40;
        string text = Text(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, Most)]));
        return bytes.Length > Most ? $"\"{text}…\"" : $"\"{text}\"";
    }
}
